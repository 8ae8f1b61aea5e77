package dev.earshot.segmentation.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * mIoU and F-score of AVSBench-semantic (OpenNLPLab/AVSBench, avss/utils/compute_color_metrics.py): for every frame and
 * every class in it IoU and F (beta^2 = 0.3), averaged per class over the frames, then over the classes. It does not
 * depend on batches. Videos are added one by one; memory grows by the videos' own scores only. For one thread.
 */
public final class SemanticMetric {
    private static final double EPSILON = Math.ulp(1.0); // 2.2e-16, beside the union

    private final SemanticSettings settings;
    private final long[] count;
    private final double[] iouSum;
    private final double[] fSum;
    private final int[] hits;
    private final int[] predicted;
    private final int[] wanted;
    private final List<SemanticResult.VideoScore> videos = new ArrayList<>();
    private long frames;
    private long paddedFrames;

    /** With the settings of published figures. */
    public SemanticMetric() {
        this(SemanticSettings.AVSBENCH);
    }

    /** With thresholds and rules of one\'s own. */
    public SemanticMetric(SemanticSettings settings) {
        this.settings = settings;
        int classes = settings.classes();
        count = new long[classes];
        iouSum = new double[classes];
        fSum = new double[classes];
        hits = new int[classes];
        predicted = new int[classes];
        wanted = new int[classes];
    }

    /**
     * Adds the next video; what it lacks to the settings' number of frames is padding.
     *
     * @param id its name, for the lists
     * @param category its class or subset; empty if there is none
     * @param predictions one for each frame; further ones are predictions for the padding, which is background
     * @param targets one for each frame, of the prediction's size; AVSBench scores at 224 x 224
     * @throws IllegalArgumentException if numbers or sizes differ or a label is no class
     */
    public SemanticResult.VideoScore add(
            String id, String category, List<LabelMap> predictions, List<LabelMap> targets) {
        if (predictions.size() < targets.size() || targets.isEmpty()) {
            throw new IllegalArgumentException("%s: expected one prediction for each target, got %d and %d"
                    .formatted(id, predictions.size(), targets.size()));
        }
        if (predictions.size() > settings.framesPerVideo()) {
            throw new IllegalArgumentException("%s: expected at most %d frames, got %d"
                    .formatted(id, settings.framesPerVideo(), predictions.size()));
        }
        List<Double> frameIou = new ArrayList<>();
        double f = 0;
        for (int k = 0; k < targets.size(); k++) {
            SemanticResult.Means means = frame(id + ", frame " + k, predictions.get(k), targets.get(k));
            frameIou.add(means.miou());
            f += means.fscore();
        }
        frames += targets.size();
        if (settings.padded() == SemanticSettings.Padded.COUNT) {
            pad(id, predictions.subList(targets.size(), predictions.size()), targets);
        }
        double iou = frameIou.stream().mapToDouble(x -> x).average().orElseThrow();
        SemanticResult.VideoScore score =
                new SemanticResult.VideoScore(id, category, iou, f / targets.size(), frameIou);
        videos.add(score);
        return score;
    }

    /** Adds one frame to the sums and returns its means over the classes in it. */
    private SemanticResult.Means frame(String where, LabelMap prediction, LabelMap target) {
        countPixels(where, prediction, target);
        int present = 0;
        double iouOfFrame = 0;
        double fOfFrame = 0;
        for (int c = 0; c < count.length; c++) {
            long union = (long) predicted[c] + wanted[c] - hits[c];
            if (union > 0) {
                double iou = hits[c] / (union + EPSILON);
                double f = hits[c] == 0
                        ? 0 // covers the empty areas, whose precision or recall is 0/0
                        : FMeasure.of((double) hits[c] / predicted[c], (double) hits[c] / wanted[c]);
                count[c]++;
                iouSum[c] += iou;
                fSum[c] += f;
                present++;
                iouOfFrame += iou;
                fOfFrame += f;
            }
        }
        return new SemanticResult.Means(iouOfFrame / present, fOfFrame / present);
    }

    private void countPixels(String where, LabelMap prediction, LabelMap target) {
        if (prediction.width() != target.width() || prediction.height() != target.height()) {
            throw new IllegalArgumentException(
                    "%s: expected the target's size %d x %d (width x height), got %d x %d — resize it first"
                            .formatted(
                                    where, target.width(), target.height(), prediction.width(), prediction.height()));
        }
        Arrays.fill(hits, 0);
        Arrays.fill(predicted, 0);
        Arrays.fill(wanted, 0);
        byte[] p = prediction.labels();
        byte[] t = target.labels();
        for (int i = 0; i < p.length; i++) {
            int got = p[i] & 0xff;
            int want = t[i] & 0xff;
            if (got >= count.length || want >= count.length) {
                throw new IllegalArgumentException("%s: expected classes 0 to %d, got prediction %d and target %d"
                        .formatted(where, count.length - 1, got, want));
            }
            predicted[got]++;
            wanted[want]++;
            if (got == want) {
                hits[got]++;
            }
        }
    }

    /** Counts the frames that are missing: with their predictions where there are any, else as background. */
    private void pad(String id, List<LabelMap> predictions, List<LabelMap> targets) {
        LabelMap black = LabelMap.background(
                targets.getFirst().width(), targets.getFirst().height());
        int missing = settings.framesPerVideo() - targets.size();
        for (int k = 0; k < missing; k++) {
            frame(id + ", padding " + k, k < predictions.size() ? predictions.get(k) : black, black);
        }
        paddedFrames += missing;
    }

    /** The figures over everything added so far; more may be added afterwards. */
    public SemanticResult result() {
        List<SemanticResult.ClassScore> classes = new ArrayList<>();
        for (int c = 0; c < count.length; c++) {
            classes.add(new SemanticResult.ClassScore(c, count[c], iouSum[c], fSum[c]));
        }
        return new SemanticResult(
                classes,
                means(classes),
                means(classes.subList(1, classes.size())),
                means(classes.stream().filter(score -> score.count() > 0).toList()),
                means(classes.subList(0, classes.size() - 1)),
                frames,
                paddedFrames,
                videos);
    }

    private static SemanticResult.Means means(List<SemanticResult.ClassScore> classes) {
        return new SemanticResult.Means(
                classes.stream()
                        .mapToDouble(SemanticResult.ClassScore::iou)
                        .average()
                        .orElse(0),
                classes.stream()
                        .mapToDouble(SemanticResult.ClassScore::f)
                        .average()
                        .orElse(0));
    }
}
