package dev.earshot.tensor.kmeans;

import java.util.Arrays;

/**
 * The points of a clustering: rows scaled to length 1, as they came (row-major) and transposed, the order in
 * which similarities to a centroid vectorise. Rows of length at most {@link #EPS} become zero and are dead:
 * they never count. So are rows with an element that is not a number or infinite.
 *
 * <p>A similarity is summed in fp32 over four channels at a time, in turn; eight such groups make a block, whose sum is
 * carried on in fp64. That order is part of the result: whoever keeps to it, rounding every product and sum by itself, gets
 * the same bits.
 *
 * <p>The memory can be filled anew: write to {@link #values()}, then call {@link #prepare()}. Between such calls several
 * threads may read.
 */
public final class UnitRows {
    /** A row or a sum of rows at most this long has no direction. */
    static final double EPS = 1e-6;

    /** Channels summed in fp32 before the sum is carried on in fp64. */
    private static final int BLOCK = 32;

    /** Channels per pass over the rows: as many factors and sums as there are vector registers for. */
    private static final int STEP = 8;

    /** Rows that are looked at in one go: a pass's channels of them and the sums of 16 queries share the first-level cache. */
    private static final int TILE = 256;

    private final int rows;
    private final int width;
    private final float[] values; // [rows, width]
    private final float[][][] columns; // [tiles][stride][rows of the tile]; the channels behind the width are 0
    private final boolean[] live;
    private final LaneSums sums = new LaneSums();
    private int liveRows;
    private boolean finite;

    private UnitRows(float[] values, int rows, int width) {
        this.rows = rows;
        this.width = width;
        this.values = values;
        this.live = new boolean[rows];
        this.columns = new float[(rows + TILE - 1) / TILE][stride()][];
        for (int tile = 0; tile < columns.length; tile++) {
            for (int c = 0; c < stride(); c++) {
                columns[tile][c] = new float[Math.min(TILE, rows - tile * TILE)];
            }
        }
    }

    /**
     * Memory for rows that are still to come.
     *
     * @throws IllegalArgumentException if there is no width or a negative number of rows
     */
    public static UnitRows allocate(int rows, int width) {
        if (rows < 0 || width < 1) {
            throw new IllegalArgumentException(
                    "k-means features: expected rows of at least one value, got %d x %d".formatted(rows, width));
        }
        return new UnitRows(new float[Math.multiplyExact(rows, width)], rows, width);
    }

    /**
     * Copies of rows [rows, width] that lie in {@code features} from {@code offset} on.
     *
     * @throws IllegalArgumentException if there are not as many values or a row has none
     */
    public static UnitRows of(float[] features, int offset, int rows, int width) {
        if (rows < 0 || width < 1 || features.length - offset < (long) rows * width) {
            throw new IllegalArgumentException("k-means features: expected %d x %d values from %d on, got %d"
                    .formatted(rows, width, offset, features.length));
        }
        UnitRows copy = allocate(rows, width);
        System.arraycopy(features, offset, copy.values, 0, rows * width);
        copy.prepare();
        return copy;
    }

    /** The memory of the rows, [rows, width]; after writing to it call {@link #prepare()}. */
    public float[] values() {
        return values;
    }

    /** Scales the rows that {@link #values()} was filled with to length 1. */
    public void prepare() {
        liveRows = 0;
        finite = true;
        for (int i = 0; i < rows; i++) {
            double norm = Math.sqrt(sums.squares(values, i * width, width));
            finite &= Double.isFinite(norm);
            live[i] = scale(values, i * width, width, norm);
            liveRows += live[i] ? 1 : 0;
        }
        for (int tile = 0; tile < columns.length; tile++) {
            transpose(tile * TILE, columns[tile]);
        }
    }

    /** Scales a vector to length 1 and returns true, or clears it and returns false if it has no direction. */
    static boolean normalize(float[] data, int width, LaneSums sums) {
        return scale(data, 0, width, Math.sqrt(sums.squares(data, 0, width)));
    }

    private static boolean scale(float[] data, int from, int width, double norm) {
        if (!(norm > EPS) || norm == Double.POSITIVE_INFINITY) {
            Arrays.fill(data, from, from + width, 0);
            return false;
        }
        double scale = 1 / norm;
        for (int c = from; c < from + width; c++) {
            data[c] = (float) (data[c] * scale);
        }
        return true;
    }

    private void transpose(int first, float[][] result) {
        int height = result[0].length;
        int square = 32; // both the read and the written lines of a square stay in the first-level cache
        for (int i0 = 0; i0 < height; i0 += square) {
            for (int c0 = 0; c0 < width; c0 += square) {
                for (int c = c0; c < Math.min(width, c0 + square); c++) {
                    gather(values, (first + i0) * width + c, width, result[c], i0, Math.min(height, i0 + square));
                }
            }
        }
    }

    /** to[begin .. end) = every {@code step}-th value from {@code from} on. */
    private static void gather(float[] values, int from, int step, float[] to, int begin, int end) {
        for (int i = begin, at = from; i < end; i++, at += step) {
            to[i] = values[at];
        }
    }

    int rows() {
        return rows;
    }

    int width() {
        return width;
    }

    /** Length of a vector that is compared with the rows: the width rounded up to whole passes. */
    int stride() {
        return stride(width);
    }

    static int stride(int width) {
        return (width + STEP - 1) / STEP * STEP;
    }

    /** Most rows that are looked at in one go. */
    static int rowsAtATime(int rows) {
        return Math.min(rows, TILE);
    }

    int liveRows() {
        return liveRows;
    }

    /** False if a row was left out because not all of its elements were numbers. */
    boolean isFinite() {
        return finite;
    }

    boolean isLive(int row) {
        return live[row];
    }

    /** Copies a row to the beginning of {@code out}. */
    void copyRow(int row, float[] out) {
        System.arraycopy(values, row * width, out, 0, width);
    }

    /** sum += sign * row. */
    void accumulate(int row, double sign, double[] sum) {
        int from = row * width;
        for (int c = 0; c < sum.length; c++) {
            sum[c] += sign * values[from + c];
        }
    }

    /** The inner product of a row with a vector. */
    double dot(int row, double[] vector, LaneSums with) {
        return with.product(values, row * width, vector);
    }

    /**
     * Answers queries together: some channels of a tile of rows, as much as the first-level cache holds, are read for all
     * of them in turn. Which are asked together makes no difference to the sums.
     */
    void similarities(Queries queries) {
        for (int q = 0; q < queries.count(); q++) {
            Arrays.fill(queries.result(q), 0, rows, 0);
        }
        for (int tile = 0; tile < columns.length; tile++) {
            for (int block = 0; block < width; block += BLOCK) {
                addBlock(columns[tile], block, tile * TILE, queries);
            }
        }
    }

    private void addBlock(float[][] tile, int block, int firstRow, Queries queries) {
        int end = Math.min(stride(), block + BLOCK);
        for (int c = block; c < end; c += STEP) {
            for (int q = 0; q < queries.count(); q++) {
                addProducts(tile, c, queries.vector(q), queries.partial(q), c > block);
            }
        }
        int height = tile[0].length;
        for (int q = 0; q < queries.count(); q++) {
            carry(queries.partial(q), queries.result(q), firstRow, height);
        }
    }

    private static void carry(float[] partial, double[] out, int first, int n) {
        for (int i = 0; i < n; i++) {
            out[first + i] += partial[i];
        }
    }

    /** The products of the eight channels from {@code c} on: added to {@code out}, or written there if they are the first. */
    private static void addProducts(float[][] x, int c, float[] v, float[] out, boolean add) {
        float[] x0 = x[c];
        if (!add) {
            Arrays.fill(out, 0, x0.length, 0);
        }
        addProducts(
                x0, x[c + 1], x[c + 2], x[c + 3], v[c], v[c + 1], v[c + 2], v[c + 3], x[c + 4], x[c + 5], x[c + 6],
                x[c + 7], v[c + 4], v[c + 5], v[c + 6], v[c + 7], out);
    }

    /** The same index in every array and no other, or C2 takes them to overlap and does not vectorise. */
    private static void addProducts(
            float[] x0,
            float[] x1,
            float[] x2,
            float[] x3,
            float v0,
            float v1,
            float v2,
            float v3,
            float[] y0,
            float[] y1,
            float[] y2,
            float[] y3,
            float w0,
            float w1,
            float w2,
            float w3,
            float[] out) {
        for (int i = 0; i < x0.length; i++) {
            out[i] = out[i]
                    + (x0[i] * v0 + x1[i] * v1 + x2[i] * v2 + x3[i] * v3)
                    + (y0[i] * w0 + y1[i] * w1 + y2[i] * w2 + y3[i] * w3);
        }
    }
}
