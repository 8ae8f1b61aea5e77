package dev.earshot.tensor.kmeans;

import java.util.Arrays;
import java.util.List;

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
     * A vector whose inner products with all rows are wanted.
     *
     * @param vectors holds the vector [width] from {@code at} on
     * @param out [rows]
     */
    record Query(float[] vectors, int at, double[] out) {}

    /**
     * Answers queries together: the rows of a block of channels, as much as the first-level cache holds, are read for all of
     * them in turn, two at a time. Which are asked together makes no difference to the sums.
     */
    void similarities(List<Query> queries) {
        for (Query query : queries) {
            Arrays.fill(query.out(), 0, rows, 0);
        }
        float[] partial = new float[rows];
        for (int block = 0; block < width; block += BLOCK) {
            int end = Math.min(columns.length, block + BLOCK);
            for (Query query : queries) {
                Arrays.fill(partial, 0);
                for (int c = block; c < end; c += STEP) {
                    addProducts(c, query.vectors(), query.at() + c, width - c, partial);
                }
                carry(partial, query.out());
            }
        }
    }

    private static void carry(float[] partial, double[] out) {
        for (int i = 0; i < partial.length; i++) {
            out[i] += partial[i];
        }
    }

    /** out += the products of up to four channels of the rows and of a vector, from {@code c} and {@code at} on. */
    private void addProducts(int c, float[] vector, int at, int left, float[] out) {
        float v1 = left > 1 ? vector[at + 1] : 0;
        float v2 = left > 2 ? vector[at + 2] : 0;
        float v3 = left > 3 ? vector[at + 3] : 0;
        addProducts(columns[c], columns[c + 1], columns[c + 2], columns[c + 3], vector[at], v1, v2, v3, out);
    }

    private static void addProducts(
            float[] x0, float[] x1, float[] x2, float[] x3, float v0, float v1, float v2, float v3, float[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] += x0[i] * v0 + x1[i] * v1 + x2[i] * v2 + x3[i] * v3;
        }
    }
}
