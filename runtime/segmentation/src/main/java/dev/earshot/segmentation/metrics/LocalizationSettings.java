package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;
import java.util.Objects;

/**
 * How a heat map becomes a mask on VGG-SS: brought to {@code side} x {@code side}, stretched to [0, 1], cut at its median.
 *
 * @param side rows and columns at which is scored
 * @param resize how the map gets there
 * @param strict true if the mask takes only what lies above the median, false if the median belongs to it
 */
public record LocalizationSettings(int side, HeatMap.Resize resize, boolean strict) {
    /** stoneMo/EZ-VSL, utils.py and test.py: the figures of today's tables. */
    public static final LocalizationSettings EZ_VSL =
            new LocalizationSettings(224, HeatMap.Resize.BILINEAR_CORNERS, false);

    /** The evaluator of hche11/Localizing-Visual-Sounds-the-Hard-Way. */
    public static final LocalizationSettings HARD_WAY =
            new LocalizationSettings(224, HeatMap.Resize.BILINEAR_HALF_PIXEL, true);

    public LocalizationSettings {
        Objects.requireNonNull(resize, "resize");
        if (side < 2) {
            throw new IllegalArgumentException("localization side: expected at least 2, got " + side);
        }
    }

    /** The mask of a map that has the right size already. */
    static BinaryMask upperHalf(HeatMap map, boolean strict) {
        HeatMap normalised = map.minMaxNormalised();
        return normalised.above(medianOf(normalised), strict);
    }

    /** Value at ascending position n / 2 of n. */
    static float medianOf(HeatMap normalised) {
        return normalised.sortedAt(normalised.values().length / 2);
    }
}
