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
 */
public final class UnitRows {
    /** A row or a sum of rows at most this long has no direction. */
    static final double EPS = 1e-6;

    /** Channels summed in fp32 before the sum is carried on in fp64. */
    private static final int BLOCK = 32;

    /** Channels per pass over the rows. */
    private static final int STEP = 4;

    private final int rows;
    private final int width;
    private final float[] values; // [rows, width]
    private final float[][] columns; // [width rounded up to whole steps][rows]; the added channels are 0
    private final boolean[] live;
    private final int liveRows;
    private final boolean finite;

    private UnitRows(float[] values, int rows, int width) {
        this.rows = rows;
        this.width = width;
        this.values = values;
        this.live = new boolean[rows];
        int alive = 0;
        boolean numbers = true;
        for (int i = 0; i < rows; i++) {
            double norm = Math.sqrt(LaneSums.squares(values, i * width, width));
            numbers &= Double.isFinite(norm);
            live[i] = scale(values, i * width, width, norm);
            alive += live[i] ? 1 : 0;
        }
        this.liveRows = alive;
        this.finite = numbers;
        this.columns = transpose();
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
        return new UnitRows(Arrays.copyOfRange(features, offset, offset + rows * width), rows, width);
    }

    /** The rows [rows, width] that {@code features} consists of, which are scaled in place. */
    public static UnitRows over(float[] features, int rows, int width) {
        if (rows < 0 || width < 1 || features.length != (long) rows * width) {
            throw new IllegalArgumentException(
                    "k-means features: expected %d x %d values, got %d".formatted(rows, width, features.length));
        }
        return new UnitRows(features, rows, width);
    }

    /** Scales a row to length 1 and returns true, or clears it and returns false if it has no direction. */
    static boolean normalize(float[] data, int from, int width) {
        return scale(data, from, width, Math.sqrt(LaneSums.squares(data, from, width)));
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

    private float[][] transpose() {
        float[][] result = new float[(width + STEP - 1) / STEP * STEP][rows];
        int tile = 32; // both the read and the written lines of a tile stay in the first-level cache
        for (int i0 = 0; i0 < rows; i0 += tile) {
            for (int c0 = 0; c0 < width; c0 += tile) {
                for (int i = i0; i < Math.min(rows, i0 + tile); i++) {
                    for (int c = c0; c < Math.min(width, c0 + tile); c++) {
                        result[c][i] = values[i * width + c];
                    }
                }
            }
        }
        return result;
    }

    int rows() {
        return rows;
    }

    int width() {
        return width;
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

    /** Copies a row into {@code out} from {@code at} on. */
    void copyRow(int row, float[] out, int at) {
        System.arraycopy(values, row * width, out, at, width);
    }

    /** sum[at ..] += sign * row. */
    void accumulate(int row, double sign, double[] sum, int at) {
        int from = row * width;
        for (int c = 0; c < width; c++) {
            sum[at + c] += sign * values[from + c];
        }
    }

    /** The inner product of a row with the vector that starts at {@code at}. */
    double dot(int row, double[] vector, int at) {
        return LaneSums.product(values, row * width, vector, at, width);
    }

    /**
     * The inner products of all rows with one vector.
     *
     * @param vector holds the vector [width] from {@code at} on
     * @param out [rows]
     */
    void similarities(float[] vector, int at, double[] out) {
        Arrays.fill(out, 0, rows, 0);
        float[] partial = new float[rows];
        for (int block = 0; block < width; block += BLOCK) {
            Arrays.fill(partial, 0);
            int end = Math.min(width, block + BLOCK);
            for (int c = block; c < end; c += STEP) {
                float v0 = vector[at + c];
                float v1 = c + 1 < width ? vector[at + c + 1] : 0;
                float v2 = c + 2 < width ? vector[at + c + 2] : 0;
                float v3 = c + 3 < width ? vector[at + c + 3] : 0;
                addProducts(columns, c, v0, v1, v2, v3, partial);
            }
            for (int i = 0; i < rows; i++) {
                out[i] += partial[i];
            }
        }
    }

    /**
     * out[i] += the products of four channels. Arrays of their own, all indexed by i alone, and no more than four of them:
     * the form that the JIT compiler turns into vector code (3 to 4 times faster than one array with offsets).
     */
    private static void addProducts(float[][] x, int c, float v0, float v1, float v2, float v3, float[] out) {
        float[] x0 = x[c];
        float[] x1 = x[c + 1];
        float[] x2 = x[c + 2];
        float[] x3 = x[c + 3];
        for (int i = 0; i < out.length; i++) {
            out[i] += x0[i] * v0 + x1[i] * v1 + x2[i] * v2 + x3[i] * v3;
        }
    }

    /** The inner products of all rows with two vectors at once, which reads the rows only once. */
    void similarities(float[] vectors, int first, double[] firstOut, int second, double[] secondOut) {
        Arrays.fill(firstOut, 0, rows, 0);
        Arrays.fill(secondOut, 0, rows, 0);
        float[] a = new float[rows];
        float[] b = new float[rows];
        for (int block = 0; block < width; block += BLOCK) {
            Arrays.fill(a, 0);
            Arrays.fill(b, 0);
            int end = Math.min(width, block + BLOCK);
            for (int c = block; c < end; c += STEP) {
                addProducts(columns, c, vectors, first + c, second + c, width - c, a, b);
            }
            for (int i = 0; i < rows; i++) {
                firstOut[i] += a[i];
            }
            for (int i = 0; i < rows; i++) {
                secondOut[i] += b[i];
            }
        }
    }

    private static void addProducts(
            float[][] x, int c, float[] v, int first, int second, int left, float[] outA, float[] outB) {
        float[] x0 = x[c];
        float[] x1 = x[c + 1];
        float[] x2 = x[c + 2];
        float[] x3 = x[c + 3];
        float a0 = v[first];
        float a1 = left > 1 ? v[first + 1] : 0;
        float a2 = left > 2 ? v[first + 2] : 0;
        float a3 = left > 3 ? v[first + 3] : 0;
        float b0 = v[second];
        float b1 = left > 1 ? v[second + 1] : 0;
        float b2 = left > 2 ? v[second + 2] : 0;
        float b3 = left > 3 ? v[second + 3] : 0;
        for (int i = 0; i < outA.length; i++) {
            float r0 = x0[i];
            float r1 = x1[i];
            float r2 = x2[i];
            float r3 = x3[i];
            outA[i] += r0 * a0 + r1 * a1 + r2 * a2 + r3 * a3;
            outB[i] += r0 * b0 + r1 * b1 + r2 * b2 + r3 * b3;
        }
    }
}
