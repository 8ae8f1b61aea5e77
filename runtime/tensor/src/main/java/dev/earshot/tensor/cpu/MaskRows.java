package dev.earshot.tensor.cpu;

import java.util.Arrays;

/**
 * Pixels of one mask after another at the size of their picture: rows of a range of columns. What neighbouring rows share is
 * kept: two rows of logits blended along their columns, and two rows of the frame blended along theirs. Belongs to one
 * worker; a row is valid until the next one.
 */
final class MaskRows {
    private static final int NONE = -1;

    private final MaskGeometry geometry;
    private final boolean sameColumns;
    private final boolean sameRows;
    private final float[] logits; // [lowHeight, lowWidth]
    private final float[][] low; // of row r of the logits, at r & 1: the frame's columns that count
    private final int[] lowRow = new int[2];
    private final float[] frame; // one row of the frame, its columns that count
    private final float[][] wide; // of row r of the frame, at r & 1: the picture's columns
    private final int[] wideRow = new int[2];
    private final float[] picture;

    private int from;
    private int to;
    private int frameFrom;
    private int frameTo;
    private boolean skipsIdentity;

    MaskRows(MaskGeometry geometry) {
        this.geometry = geometry;
        this.sameColumns = geometry.toPictureColumns().isIdentity();
        this.sameRows = geometry.toPictureRows().isIdentity();
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
    }

    /**
     * Goes over to other columns.
     *
     * @param finite true if all their logits are numbers: then 1 a + 0 b is a, and a stage that changes nothing is left out
     */
    void select(int newFrom, int newTo, boolean finite) {
        from = newFrom;
        to = newTo;
        frameFrom = geometry.toPictureColumns().first()[from];
        skipsIdentity = finite;
        // The second neighbours of one column in the middle of an odd number lie beyond it, and weigh nothing.
        frameTo = sameColumns && finite ? to : geometry.toPictureColumns().second()[to - 1] + 1;
        Arrays.fill(lowRow, NONE);
        Arrays.fill(wideRow, NONE);
    }

    /** Row {@code y} of the picture; only the selected columns have a meaning. */
    float[] row(int y) {
        MaskAxis rows = geometry.toPictureRows();
        float[] upper = wide(rows.first()[y]);
        if (sameRows && skipsIdentity) {
            return upper;
        }
        float[] lower = wide(rows.second()[y]);
        blend(rows.w0()[y], upper, rows.w1()[y], lower, picture, from, to);
        return picture;
    }

    private float[] wide(int y) {
        float[] row = wide[y & 1];
        if (wideRow[y & 1] != y) {
            wideRow[y & 1] = y;
            MaskAxis rows = geometry.toFrameRows();
            float[] upper = low(rows.first()[y]);
            float[] lower = low(rows.second()[y]);
            boolean same = sameColumns && skipsIdentity;
            blend(rows.w0()[y], upper, rows.w1()[y], lower, same ? row : frame, frameFrom, frameTo);
            if (!same) {
                blendColumns(geometry.toPictureColumns(), frame, 0, row, from, to);
            }
        }
        return row;
    }

    private float[] low(int y) {
        float[] row = low[y & 1];
        if (lowRow[y & 1] != y) {
            lowRow[y & 1] = y;
            blendColumns(geometry.toFrameColumns(), logits, y * geometry.lowWidth(), row, frameFrom, frameTo);
        }
        return row;
    }

    private static void blend(float w0, float[] upper, float w1, float[] lower, float[] out, int from, int to) {
        for (int i = from; i < to; i++) {
            out[i] = w0 * upper[i] + w1 * lower[i];
        }
    }

    private static void blendColumns(MaskAxis axis, float[] row, int at, float[] out, int from, int to) {
        int[] first = axis.first();
        int[] second = axis.second();
        float[] w0 = axis.w0();
        float[] w1 = axis.w1();
        for (int i = from; i < to; i++) {
            out[i] = w0[i] * row[at + first[i]] + w1[i] * row[at + second[i]];
        }
    }
}
