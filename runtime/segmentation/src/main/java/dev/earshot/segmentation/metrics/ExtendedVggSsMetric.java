package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.metrics.ExtendedVggSsResult.Subset;
import dev.earshot.segmentation.metrics.ExtendedVggSsResult.SubsetFigures;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * AP and max-F1 on Extended VGG-SS, half of whose samples sound of something that is not in the picture. Samples are added
 * one by one and only a few numbers of each are kept. For one thread.
 */
public final class ExtendedVggSsMetric {
    private final ExtendedVggSsSettings settings;
    private final List<LocalizationSample> samples = new ArrayList<>();

    /** As SLAVC scores. */
    public ExtendedVggSsMetric() {
        this(ExtendedVggSsSettings.SLAVC);
    }

    /** With thresholds and rules of one\'s own. */
    public ExtendedVggSsMetric(ExtendedVggSsSettings settings) {
        this.settings = settings;
    }

    /**
     * Adds a sample as SLAVC does: mask and confidence (the mean of the upper quarter of the scores) from a map of
     * cosines.
     *
     * @param id its name, for the lists
     * @param category its class; empty if there is none
     * @param cosines values in [-1, 1] at any size
     * @param boxes the annotation; none if nothing in the picture sounds
     */
    public LocalizationSample add(String id, String category, HeatMap cosines, List<Box> boxes) {
        HeatMap scores = scores(cosines);
        BinaryMask mask = settings.relativePrediction()
                ? LocalizationSettings.upperHalf(scores, false)
                : scores.above((float) settings.threshold(), false);
        return add(id, category, mask, upperQuarter(scores), boxes);
    }

    /** Adds a sample of a method that has masks of the scored size and confidences of its own. */
    public LocalizationSample add(String id, String category, BinaryMask mask, double confidence, List<Box> boxes) {
        return add(
                LocalizationSample.of(id, category, boxes.size(), mask, Box.union(boxes, settings.side()), confidence));
    }

    /** Adds a sample that was scored elsewhere. */
    public LocalizationSample add(LocalizationSample sample) {
        if (Double.isNaN(sample.confidence()) || Double.isNaN(sample.ciou())) {
            throw new IllegalArgumentException(sample.id() + ": expected numbers, got " + sample);
        }
        samples.add(sample);
        return sample;
    }

    /** Cosine / tau, enlarged, then brought to [0, 1] by the range that a cosine can have; fp32 as the reference. */
    private HeatMap scores(HeatMap cosines) {
        float[] logits = new float[cosines.values().length];
        for (int i = 0; i < logits.length; i++) {
            logits[i] = cosines.values()[i] / (float) settings.tau();
        }
        HeatMap full = new HeatMap(cosines.width(), cosines.height(), logits)
                .resized(settings.side(), settings.side(), settings.resize());
        float largest = (float) (1 / settings.tau());
        float[] scores = full.values();
        for (int i = 0; i < scores.length; i++) {
            scores[i] = (scores[i] + largest) / (2 * largest);
        }
        return full;
    }

    private static double upperQuarter(HeatMap scores) {
        float[] sorted = scores.values().clone();
        Arrays.sort(sorted);
        int count = sorted.length / 4;
        double sum = 0;
        for (int i = sorted.length - count; i < sorted.length; i++) {
            sum += sorted[i];
        }
        return sum / count;
    }

    /** The figures over everything added so far; more may be added afterwards. */
    public ExtendedVggSsResult result() {
        List<SubsetFigures> figures = new ArrayList<>();
        for (double q : new double[] {0.5, 0.75}) {
            for (Subset subset : Subset.values()) {
                figures.add(SubsetFigures.of(subset, q, samples));
            }
        }
        List<LocalizationSample> visible =
                samples.stream().filter(Subset.VISIBLE::contains).toList();
        long above = visible.stream().filter(sample -> sample.ciou() > 0.5).count();
        return new ExtendedVggSsResult(
                figures,
                LocalizationFigures.Operating.at(samples, 0.5, 0.5).f1(),
                visible.isEmpty() ? 0 : (double) above / visible.size(),
                samples);
    }
}
