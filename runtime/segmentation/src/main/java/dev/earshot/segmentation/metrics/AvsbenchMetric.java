package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;
import java.util.ArrayList;
import java.util.List;

/**
 * mIoU and F-measure of AVSBench S4 and MS3, whose targets are binary masks (OpenNLPLab/AVSBench, avs_s4 and avs_ms3,
 * utils/utility.py). Videos are added one by one in the order of the test set and only their scores are kept: a few
 * dozen bytes a frame. For one thread.
 *
 * <p>A frame's IoU is that of the masks; where the target is empty it is the share of pixels that were left out, so that
 * an empty prediction scores 1. F uses one threshold for a whole batch and leaves frames with empty targets out; a batch
 * of nothing else scores 0 and still counts. Hence F depends on the batch size, which belongs beside every figure. For
 * hard masks F is max(F of the masks, F of all-foreground), since the threshold 0 accepts every pixel.
 */
public final class AvsbenchMetric {
    /** The batch size of AVSBench's test.sh. */
    public static final int DEFAULT_VIDEOS_PER_BATCH = 4;

    /** One batch of the whole test set. */
    public static final int ALL_VIDEOS = Integer.MAX_VALUE;

    /** How frames without a sounding object are scored, in one line for a report. */
    public static final String EMPTY_TARGET_POLICY =
            "IoU = share of background pixels rightly left out; F leaves the frame out; a batch of empty targets has F 0";

    private final List<Batches> sizes = new ArrayList<>();
    private final List<VideoScore> videos = new ArrayList<>();

    /** Four videos a batch, as published figures are, and one video a batch beside it. */
    public AvsbenchMetric() {
        this(DEFAULT_VIDEOS_PER_BATCH, 1);
    }

    /**
     * Scores with several batch sizes at once.
     *
     * @param videosPerBatch the batch sizes, the one to report first
     * @throws IllegalArgumentException if there is none or one is not positive
     */
    public AvsbenchMetric(int... videosPerBatch) {
        if (videosPerBatch.length == 0) {
            throw new IllegalArgumentException("batch sizes: expected at least one, got none");
        }
        for (int size : videosPerBatch) {
            if (size < 1) {
                throw new IllegalArgumentException("videos per batch: expected at least 1, got " + size);
            }
            sizes.add(new Batches(size));
        }
    }

    /**
     * Adds the next video.
     *
     * @param id its name, for the lists
     * @param category its class; empty if there is none
     * @param predictions one for each frame
     * @param targets one for each frame, of the prediction's size; AVSBench scores at 224 x 224
     * @return the score of this video by itself
     * @throws IllegalArgumentException if numbers or sizes differ
     */
    public VideoScore add(
            String id, String category, List<? extends FramePrediction> predictions, List<BinaryMask> targets) {
        if (predictions.size() != targets.size() || targets.isEmpty()) {
            throw new IllegalArgumentException("%s: expected one prediction for each target, got %d and %d"
                    .formatted(id, predictions.size(), targets.size()));
        }
        List<FrameScore> frames = new ArrayList<>();
        List<double[]> curves = new ArrayList<>();
        FMeasure alone = new FMeasure();
        double iouSum = 0;
        for (int k = 0; k < targets.size(); k++) {
            FrameCounts counts = counts(id, k, predictions.get(k), targets.get(k));
            double best = 0;
            if (counts.targetArea() > 0) {
                double[] curve = FMeasure.curve(counts);
                best = FMeasure.best(curve);
                alone.add(curve);
                curves.add(curve);
            }
            frames.add(new FrameScore(k, counts.iou(), best, counts.targetArea(), counts.predictedArea()));
            iouSum += counts.iou();
        }
        VideoScore score = new VideoScore(id, category, iouSum / frames.size(), alone.best(), frames);
        videos.add(score);
        for (Batches batches : sizes) {
            batches.add(iouSum, frames.size(), curves);
        }
        return score;
    }

    private static FrameCounts counts(String id, int frame, FramePrediction prediction, BinaryMask target) {
        try {
            return FrameCounts.of(prediction, target);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("%s, frame %d: %s".formatted(id, frame, e.getMessage()), e);
        }
    }

    /** The figures over everything added so far; more may be added afterwards. */
    public AvsbenchResult result() {
        return new AvsbenchResult(sizes.stream().map(Batches::score).toList(), videos);
    }

    /** The finished batches of one size and the one under way. */
    private static final class Batches {
        private final int videosPerBatch;
        private final List<BatchedScore.Batch> finished = new ArrayList<>();
        private FMeasure f = new FMeasure();
        private double iouSum;
        private int frames;
        private int videos;

        private Batches(int videosPerBatch) {
            this.videosPerBatch = videosPerBatch;
        }

        private void add(double iouSum, int frames, List<double[]> curves) {
            this.iouSum += iouSum;
            this.frames += frames;
            curves.forEach(f::add);
            if (++videos == videosPerBatch) {
                finished.add(current());
                f = new FMeasure();
                this.iouSum = 0;
                this.frames = 0;
                videos = 0;
            }
        }

        private BatchedScore.Batch current() {
            return new BatchedScore.Batch(videos, iouSum / frames, f.best());
        }

        private BatchedScore score() {
            List<BatchedScore.Batch> batches = new ArrayList<>(finished);
            if (videos > 0) {
                batches.add(current());
            }
            return new BatchedScore(
                    videosPerBatch,
                    batches.stream()
                            .mapToDouble(BatchedScore.Batch::iou)
                            .average()
                            .orElse(0),
                    batches.stream()
                            .mapToDouble(BatchedScore.Batch::f)
                            .average()
                            .orElse(0),
                    batches);
        }
    }
}
