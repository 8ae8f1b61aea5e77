package dev.earshot.tensor.cpu;

import java.util.Arrays;

/**
 * Rows of one mask after another at the size of their picture. What neighbouring rows share is kept: two rows of logits
 * blended along their columns, and two rows of the frame blended along theirs. Belongs to one worker; a row is valid until
 * the next one.
 */
final class MaskRows {
    private static final int NONE = -1;

    private final MaskGeometry geometry;
    private final float[] logits; // [lowHeight, lowWidth]
    private final float[][] low; // of row r of the logits, at r & 1: the frame's columns that count
    private final int[] lowRow = new int[2];
    private final float[] frame; // one row of the frame, its columns that count
    private final float[][] wide; // of row r of the frame, at r & 1: the picture's columns
    private final int[] wideRow = new int[2];
    private final float[] picture;

    MaskRows(MaskGeometry geometry) {
        this.geometry = geometry;
        this.logits = new float[geometry.lowHeight() * geometry.lowWidth()];
        int columns = geometry.toFrameColumns().positions();
        this.low = new float[2][columns];
        this.frame = new float[columns];
        this.wide = new float[2][geometry.width()];
        this.picture = new float[geometry.width()];
    }

    /** Goes over to the mask whose logits lie at {@code address}. */
    void open(long address) {
        HeapRows.load(address, logits, logits.length);
        Arrays.fill(lowRow, NONE);
        Arrays.fill(wideRow, NONE);
    }

    /** Row {@code y} of the picture. */
    float[] row(int y) {
        MaskAxis rows = geometry.toPictureRows();
        float[] upper = wide(rows.first()[y]);
        float[] lower = wide(rows.second()[y]);
        blend(rows.w0()[y], upper, rows.w1()[y], lower, picture, geometry.width());
        return picture;
    }

    private float[] wide(int y) {
        float[] row = wide[y & 1];
        if (wideRow[y & 1] != y) {
            MaskAxis rows = geometry.toFrameRows();
            float[] upper = low(rows.first()[y]);
            float[] lower = low(rows.second()[y]);
            blend(rows.w0()[y], upper, rows.w1()[y], lower, frame, frame.length);
            blendColumns(geometry.toPictureColumns(), frame, 0, row);
            wideRow[y & 1] = y;
        }
        return row;
    }

    private float[] low(int y) {
        float[] row = low[y & 1];
        if (lowRow[y & 1] != y) {
            blendColumns(geometry.toFrameColumns(), logits, y * geometry.lowWidth(), row);
            lowRow[y & 1] = y;
        }
        return row;
    }

    private static void blend(float w0, float[] upper, float w1, float[] lower, float[] out, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = w0 * upper[i] + w1 * lower[i];
        }
    }

    private static void blendColumns(MaskAxis axis, float[] row, int at, float[] out) {
        int[] first = axis.first();
        int[] second = axis.second();
        float[] w0 = axis.w0();
        float[] w1 = axis.w1();
        for (int i = 0; i < first.length; i++) {
            out[i] = w0[i] * row[at + first[i]] + w1[i] * row[at + second[i]];
        }
    }
}
