package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import java.util.Arrays;

/**
 * Goes through masks at the size of their picture, tile by tile. Where the logits around a tile all lie well above or below a
 * threshold, so do its pixels, and none of them is computed; of usual masks these are nine tiles in ten. The pixels of the
 * other tiles are computed row by row. Belongs to one worker.
 *
 * <p>Why that is exact: a pixel is made by four blends w0 a + w1 b one after another, with w1 in [0, 1] and w0 = 1 - w1 rounded.
 * With u = 2^-24, w0 + w1 is 1 up to u / 2, and two products and a sum are rounded, so a blend leaves the range of its operands
 * by less than 3 u times the largest magnitude (besides subnormals), four by less than 13 u &lt; 2^-20. A tile counts as decided
 * only beyond 2^-18 of the largest magnitude. Infinite, huge or no numbers decide nothing.
 */
final class MaskScan {
    private static final double MARGIN = 0x1p-18;

    /** No blend of numbers up to here overflows. */
    private static final float LARGEST = 0x1p126f;

    private static final int LEAST_KEY = FloatKeys.of(-LARGEST);
    private static final int LARGEST_KEY = FloatKeys.of(LARGEST);
    private static final int UNDECIDED = -1;

    private final MaskGeometry geometry;
    private final float[] thresholds; // ascending
    private final MaskRows rows;
    private final int[] keys; // of one row of logits
    private final int[] low; // least key of each column of logits, over the rows that a row of tiles takes part of
    private final int[] high;

    /** What is done with the pixels of a mask. */
    interface Sink {
        /** All pixels of a tile are above the lowest {@code level} thresholds and above no other. */
        void tile(MaskSpan rows, MaskSpan columns, int level);

        /**
         * Pixels {@code values[from..to)} of row {@code y}.
         *
         * @param finite false if some may be infinite or not a number
         */
        void pixels(int y, float[] values, int from, int to, boolean finite);
    }

    MaskScan(MaskGeometry geometry, float... thresholds) {
        this.geometry = geometry;
        this.thresholds = thresholds;
        this.rows = new MaskRows(geometry);
        this.keys = new int[geometry.lowWidth()];
        this.low = new int[geometry.lowWidth()];
        this.high = new int[geometry.lowWidth()];
    }

    /** Gives all pixels of the mask whose logits lie at {@code address} to {@code sink}. */
    void scan(long address, Sink sink) {
        rows.open(address);
        for (MaskSpan band : geometry.rowSpans()) {
            findExtremes(address, band);
            scan(band, sink);
        }
    }

    private void findExtremes(long address, MaskSpan band) {
        Arrays.fill(low, Integer.MAX_VALUE);
        Arrays.fill(high, Integer.MIN_VALUE);
        for (int y = band.lowFrom(); y < band.lowTo(); y++) {
            FloatKeys.load(ALL, address + 4L * y * keys.length, keys, keys.length);
            FloatKeys.widen(keys, low, high, keys.length);
        }
    }

    private void scan(MaskSpan band, Sink sink) {
        int from = UNDECIDED; // first column of the tiles to compute, which lie side by side
        boolean finite = true;
        for (MaskSpan tile : geometry.columnSpans()) {
            int least = Integer.MAX_VALUE;
            int most = Integer.MIN_VALUE;
            for (int x = tile.lowFrom(); x < tile.lowTo(); x++) {
                least = Math.min(least, low[x]);
                most = Math.max(most, high[x]);
            }
            boolean ordinary = least >= LEAST_KEY && most <= LARGEST_KEY;
            int level = ordinary ? level(FloatKeys.toFloat(least), FloatKeys.toFloat(most)) : UNDECIDED;
            if (level == UNDECIDED) {
                finite = ordinary && (finite || from == UNDECIDED);
                from = from == UNDECIDED ? tile.from() : from;
                continue;
            }
            sink.tile(band, tile, level);
            if (from != UNDECIDED) {
                compute(band, from, tile.from(), finite, sink);
                from = UNDECIDED;
            }
        }
        if (from != UNDECIDED) {
            compute(band, from, geometry.width(), finite, sink);
        }
    }

    /** How many thresholds all blends of numbers from {@code least} to {@code most} exceed, where that is certain. */
    private int level(double least, double most) {
        double margin = MARGIN * Math.max(Math.abs(least), Math.abs(most)) + Float.MIN_NORMAL;
        for (int i = 0; i < thresholds.length; i++) {
            if (most + margin < thresholds[i]) {
                return i;
            }
            if (least - margin <= thresholds[i]) {
                return UNDECIDED;
            }
        }
        return thresholds.length;
    }

    private void compute(MaskSpan band, int from, int to, boolean finite, Sink sink) {
        rows.select(from, to, finite);
        for (int y = band.from(); y < band.to(); y++) {
            sink.pixels(y, rows.row(y), from, to, finite);
        }
    }
}
