package dev.earshot.segmentation.metrics;

import java.util.Objects;

/**
 * How SLAVC turns a map of cosines into a mask and a confidence (stoneMo/SLAVC, utils.py and test.py).
 *
 * @param side rows and columns at which is scored
 * @param tau the temperature that cosines are divided by
 * @param threshold the mask is where the score, (cosine + 1) / 2, is at least this much
 * @param relativePrediction true to cut each map at its own median instead
 * @param resize how the map gets to its size
 */
public record ExtendedVggSsSettings(
        int side, double tau, double threshold, boolean relativePrediction, HeatMap.Resize resize) {
    /** SLAVC's defaults: tau 0.03, threshold 0.5 on the scores, bicubic with aligned corners to 224 x 224. */
    public static final ExtendedVggSsSettings SLAVC =
            new ExtendedVggSsSettings(224, 0.03, 0.5, false, HeatMap.Resize.BICUBIC_CORNERS);

    public ExtendedVggSsSettings {
        Objects.requireNonNull(resize, "resize");
        if (side < 2) {
            throw new IllegalArgumentException("localization side: expected at least 2, got " + side);
        }
        if (!(tau > 0)) {
            throw new IllegalArgumentException("tau: expected a positive number, got " + tau);
        }
    }
}
