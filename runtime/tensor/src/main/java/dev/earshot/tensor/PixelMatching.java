package dev.earshot.tensor;

/**
 * How two feature grids are compared (MoCA, arXiv 2403.14203, Eq. 1 to 4). The cost of a pair of pixels is
 * {@code lambdaSsd * SSD + lambdaNcc * (1 - NCC)}, for {@link Mode#LITERAL_PRINTED} {@code + lambdaNcc * NCC}.
 *
 * @param mode which pixels are compared
 * @param rangeY largest vertical displacement; 0 except for {@link Mode#SEARCH_2D}
 * @param rangeX largest horizontal displacement; {@link #WHOLE_ROW} for the width of the grid minus 1
 * @param window odd side of the aggregation window
 * @param norm how features are scaled before they are compared
 * @param lambdaSsd weight of the squared difference
 * @param lambdaNcc weight of the normalised cross-correlation
 */
public record PixelMatching(
        Mode mode, int rangeY, int rangeX, int window, Norm norm, float lambdaSsd, float lambdaNcc) {
    /** For {@code rangeX}: every pixel of the row. */
    public static final int WHOLE_ROW = -1;

    /** Norms and products of norms up to this count as zero. */
    public static final float EPS = 1e-6f;

    /** The whole row, window 1, scaled per image, both terms with weight 1. */
    public static final PixelMatching DEFAULT = new PixelMatching(Mode.SCANLINE, 0, WHOLE_ROW, 1, Norm.IMAGE, 1, 1);

    /** Which pixels are compared. */
    public enum Mode {
        /** Sums over all pixels at equal positions; cost lambdaSsd * SSD + lambdaNcc * NCC as the paper prints it. */
        LITERAL_PRINTED,
        /** As the paper prints it but with 1 - NCC, so that both terms are costs. */
        LITERAL_ONE_MINUS,
        /** Each pixel against pixels of its row; the cheapest wins. */
        SCANLINE,
        /** Each pixel against a rectangle round its place; the cheapest wins. */
        SEARCH_2D
    }

    /** How features are scaled before they are compared. */
    public enum Norm {
        /** By the root mean square of the pixels' lengths, one factor per image. */
        IMAGE,
        /** Every pixel to length 1. */
        PIXEL,
        /** Not at all. */
        NONE
    }

    /** Checks the ranges. */
    public PixelMatching {
        Checks.argument(
                rangeY >= 0 && (rangeY == 0 || mode == Mode.SEARCH_2D),
                "pixel matching rangeY",
                "expected 0, or >= 0 for SEARCH_2D, got %d for %s",
                rangeY,
                mode);
        Checks.argument(rangeX >= WHOLE_ROW, "pixel matching rangeX", "expected >= 0 or WHOLE_ROW, got %d", rangeX);
        Checks.argument(
                window >= 1 && window % 2 == 1, "pixel matching window", "expected an odd size, got %d", window);
        Checks.argument(
                Float.isFinite(lambdaSsd) && Float.isFinite(lambdaNcc),
                "pixel matching weights",
                "expected finite numbers, got %s and %s",
                lambdaSsd,
                lambdaNcc);
    }

    /** The largest horizontal displacement on a grid of {@code width} columns. */
    public int rangeX(int width) {
        return rangeX == WHOLE_ROW ? width - 1 : rangeX;
    }

    /** True for the modes that search for a cheapest pixel. */
    public boolean searches() {
        return mode == Mode.SCANLINE || mode == Mode.SEARCH_2D;
    }

    /**
     * Floats per sample of the {@code saved} tensor of {@link Backend#pixelMatching}: two factors of the samples, and per
     * pixel the three sums of its winner and the squared lengths of the two pixels at its place.
     */
    public long savedWidth(long height, long width) {
        return 2 + 5 * height * width;
    }

    /**
     * Fails if a cost is NaN, which means that the features of that sample held a NaN or an infinity.
     *
     * @param costs what {@link Backend#pixelMatching} wrote
     * @throws IllegalStateException naming the op and the first such sample
     */
    public static void requireNumbers(float[] costs) {
        for (int i = 0; i < costs.length; i++) {
            if (Float.isNaN(costs[i])) {
                throw new IllegalStateException(
                        "pixelMatching f, g: expected finite features, got NaN as the cost of sample %d of %d — look at what made them (too large a step?)"
                                .formatted(i, costs.length));
            }
        }
    }
}
