package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;

/**
 * Pixel counts of one frame, from which IoU and F follow.
 *
 * @param pixels all of them
 * @param targetArea foreground pixels of the target
 * @param predictedArea pixels predicted as foreground
 * @param hits pixels that are foreground in both
 * @param allByBin [256] pixels by the number of thresholds that their score reaches
 * @param foregroundByBin [256] the same for the target's foreground only
 */
record FrameCounts(long pixels, long targetArea, long predictedArea, long hits, int[] allByBin, int[] foregroundByBin) {

    static FrameCounts of(FramePrediction prediction, BinaryMask target) {
        if (prediction.width() != target.width() || prediction.height() != target.height()) {
            throw new IllegalArgumentException(
                    "prediction: expected the target's size %d x %d (width x height), got %d x %d — resize it first"
                            .formatted(target.width(), target.height(), prediction.width(), prediction.height()));
        }
        return switch (prediction) {
            case FramePrediction.Mask mask -> ofMask(mask.mask(), target);
            case FramePrediction.Logits logits -> ofLogits(logits, target);
            case FramePrediction.Scores scores -> ofScores(scores, target);
        };
    }

    /** In fp32 sigmoid(-20) reaches the threshold 0 alone and sigmoid(20) is exactly 1, so counting bits will do. */
    private static FrameCounts ofMask(BinaryMask mask, BinaryMask target) {
        long pixels = (long) mask.width() * mask.height();
        long predicted = mask.area();
        long foreground = target.area();
        long hits = mask.intersectionArea(target);
        int[] all = new int[FMeasure.THRESHOLDS + 1];
        int[] inTarget = new int[FMeasure.THRESHOLDS + 1];
        all[1] = (int) (pixels - predicted);
        all[FMeasure.THRESHOLDS] = (int) predicted;
        inTarget[1] = (int) (foreground - hits);
        inTarget[FMeasure.THRESHOLDS] = (int) hits;
        return new FrameCounts(pixels, foreground, predicted, hits, all, inTarget);
    }

    private static FrameCounts ofLogits(FramePrediction.Logits logits, BinaryMask target) {
        Counter counter = new Counter(target);
        for (float x : logits.values()) {
            float s = sigmoid(x);
            counter.next(s, s > 0.5f);
        }
        return counter.counts();
    }

    private static FrameCounts ofScores(FramePrediction.Scores scores, BinaryMask target) {
        Counter counter = new Counter(target);
        float threshold = scores.threshold();
        for (float value : scores.values()) {
            float clamped = Math.clamp(value, FramePrediction.Scores.CLAMP, 1 - FramePrediction.Scores.CLAMP);
            // The sigmoid takes back the logit; only the clamping remains.
            counter.next(clamped, clamped > threshold);
        }
        return counter.counts();
    }

    /**
     * Rounded to fp32 after every step as in PyTorch: between 16.64 and 17.33 that gives 1, which the last threshold
     * accepts, where the nearest fp32 value lies below it.
     */
    static float sigmoid(float x) {
        return 1f / (1f + (float) Math.exp(-x));
    }

    /** IoU as AVSBench takes it: where the target is empty, the share of pixels that are background in both. */
    double iou() {
        long intersection = targetArea == 0 ? pixels - predictedArea : hits;
        long union = targetArea == 0 ? pixels : predictedArea + targetArea - hits;
        return intersection / (union + 1e-7);
    }

    /** Takes the pixels of a frame one after the other. */
    private static final class Counter {
        private final byte[] target;
        private final int[] all = new int[FMeasure.THRESHOLDS + 1];
        private final int[] inTarget = new int[FMeasure.THRESHOLDS + 1];
        private int at;
        private long predicted;
        private long foreground;
        private long hits;

        private Counter(BinaryMask target) {
            this.target = target.toBytes((byte) 1);
        }

        private void next(float score, boolean above) {
            int bin = FMeasure.bin(score);
            int wanted = target[at++];
            all[bin]++;
            inTarget[bin] += wanted;
            foreground += wanted;
            if (above) {
                predicted++;
                hits += wanted;
            }
        }

        private FrameCounts counts() {
            return new FrameCounts(target.length, foreground, predicted, hits, all, inTarget);
        }
    }
}
