package dev.earshot.segmentation.sam;

import dev.earshot.tensor.MaskResize;
import java.util.Objects;

/**
 * A mask before its threshold: one logit per pixel.
 *
 * @param height rows
 * @param width columns
 * @param values row by row; not copied
 */
public record MaskLogits(int height, int width, float[] values) {
    /** None. */
    public static final MaskLogits NONE = new MaskLogits(0, 0, new float[0]);

    /** Checks that there is a value for each pixel. */
    public MaskLogits {
        Objects.requireNonNull(values, "values");
        if (height < 0 || width < 0 || values.length != (long) height * width) {
            throw new IllegalArgumentException(
                    "mask logits: expected %d x %d values, got %d".formatted(height, width, values.length));
        }
    }

    /** True for {@link #NONE}. */
    public boolean isEmpty() {
        return values.length == 0;
    }

    /**
     * These logits at the size of a picture, to the last bit those that decide about the pixels in
     * {@link dev.earshot.tensor.Backend#maskBits}. The frame in between is never made.
     */
    public MaskLogits resized(MaskResize resize) {
        Axis columns = new Axis(width, resize.frameWidth());
        Axis rows = new Axis(height, resize.frameHeight());
        Axis fullColumns = new Axis(resize.insetWidth(), resize.width());
        Axis fullRows = new Axis(resize.insetHeight(), resize.height());
        float[] out = new float[Math.multiplyExact(resize.width(), resize.height())];
        FrameRow upper = new FrameRow(resize.insetWidth());
        FrameRow lower = new FrameRow(resize.insetWidth());
        for (int y = 0; y < resize.height(); y++) {
            if (lower.y == fullRows.first[y]) {
                FrameRow done = upper;
                upper = lower;
                lower = done;
            }
            upper.fill(fullRows.first[y], rows, columns);
            lower.fill(fullRows.second[y], rows, columns);
            for (int x = 0; x < resize.width(); x++) {
                out[y * resize.width() + x] = fullColumns.between(
                        x, upper.values, 0, lower.values, 0, fullRows.weight0[y], fullRows.weight1[y]);
            }
        }
        return new MaskLogits(resize.height(), resize.width(), out);
    }

    /** A row of the frame. */
    private final class FrameRow {
        private final float[] values;
        private int y = -1;

        FrameRow(int width) {
            values = new float[width];
        }

        void fill(int row, Axis rows, Axis columns) {
            if (row == y) {
                return;
            }
            y = row;
            int upper = rows.first[row] * MaskLogits.this.width;
            int lower = rows.second[row] * MaskLogits.this.width;
            float[] logits = MaskLogits.this.values;
            for (int x = 0; x < values.length; x++) {
                values[x] = columns.between(x, logits, upper, logits, lower, rows.weight0[row], rows.weight1[row]);
            }
        }
    }

    /** Where each output position lies between its two neighbours. */
    private static final class Axis {
        private final int[] first;
        private final int[] second;
        private final float[] weight0;
        private final float[] weight1;

        Axis(int from, int to) {
            first = new int[to];
            second = new int[to];
            weight0 = new float[to];
            weight1 = new float[to];
            for (int o = 0; o < to; o++) {
                double source = Math.max(0, (o + 0.5) * from / to - 0.5);
                first[o] = Math.min((int) source, from - 1);
                second[o] = Math.min(first[o] + 1, from - 1);
                weight1[o] = (float) (source - first[o]);
                weight0[o] = 1 - weight1[o];
            }
        }

        /** Position {@code x} between a row of {@code a} and one of {@code b}. */
        float between(int x, float[] a, int rowA, float[] b, int rowB, float weightA, float weightB) {
            float upper = weight0[x] * a[rowA + first[x]] + weight1[x] * a[rowA + second[x]];
            float lower = weight0[x] * b[rowB + first[x]] + weight1[x] * b[rowB + second[x]];
            return weightA * upper + weightB * lower;
        }
    }
}
