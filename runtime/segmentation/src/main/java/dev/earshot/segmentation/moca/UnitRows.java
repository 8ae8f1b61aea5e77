package dev.earshot.segmentation.moca;

import java.util.Arrays;

/**
 * The points of a clustering: rows scaled to length 1, as they came (row-major) and transposed in blocks of channels, the
 * order in which similarities to a centroid vectorise. Rows of length at most {@link #EPS} become zero and are dead:
 * they never count.
 */
final class UnitRows {
    /** A row or a sum of rows at most this long has no direction. */
    static final double EPS = 1e-6;

    /** Channels summed in fp32 before the sum is carried on in fp64. */
    private static final int BLOCK = 16;

    private final int rows;
    private final int width;
    private final float[] values; // [rows, width]
    private final float[] columns; // [width rounded up to whole blocks, rows]; the added channels are 0
    private final boolean[] live;
    private final int liveRows;

    /** Takes rows [rows, width] that lie in {@code features} from {@code offset} on; they are copied. */
    UnitRows(float[] features, int offset, int rows, int width) {
        this.rows = rows;
        this.width = width;
        this.values = Arrays.copyOfRange(features, offset, offset + Math.multiplyExact(rows, width));
        this.live = new boolean[rows];
        int alive = 0;
        for (int i = 0; i < rows; i++) {
            live[i] = normalize(values, i * width, width);
            alive += live[i] ? 1 : 0;
        }
        this.liveRows = alive;
        this.columns = transpose();
    }

    /** Scales a row to length 1 and returns true, or clears it and returns false if it is too short to have a direction. */
    static boolean normalize(float[] data, int from, int width) {
        double norm = Math.sqrt(dot(data, from, data, from, width));
        boolean alive = norm > EPS;
        double scale = alive ? 1 / norm : 0;
        for (int c = from; c < from + width; c++) {
            data[c] = (float) (data[c] * scale);
        }
        return alive;
    }

    static double dot(float[] a, int fromA, float[] b, int fromB, int width) {
        double sum = 0;
        for (int c = 0; c < width; c++) {
            sum += (double) a[fromA + c] * b[fromB + c];
        }
        return sum;
    }

    private float[] transpose() {
        int padded = (width + BLOCK - 1) / BLOCK * BLOCK;
        float[] result = new float[Math.multiplyExact(padded, rows)];
        int tile = 32; // both the read and the written lines of a tile stay in the first-level cache
        for (int i0 = 0; i0 < rows; i0 += tile) {
            for (int c0 = 0; c0 < width; c0 += tile) {
                for (int i = i0; i < Math.min(rows, i0 + tile); i++) {
                    for (int c = c0; c < Math.min(width, c0 + tile); c++) {
                        result[c * rows + i] = values[i * width + c];
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
        int from = row * width;
        double sum = 0;
        for (int c = 0; c < width; c++) {
            sum += values[from + c] * vector[at + c];
        }
        return sum;
    }

    /**
     * The inner products of all rows with one vector.
     *
     * @param vector holds the vector [width] from {@code at} on
     * @param out [rows]
     */
    void similarities(float[] vector, int at, double[] out) {
        Arrays.fill(out, 0, rows, 0);
        float[] v = new float[BLOCK];
        for (int c = 0; c < width; c += BLOCK) {
            Arrays.fill(v, 0);
            System.arraycopy(vector, at + c, v, 0, Math.min(BLOCK, width - c));
            addBlock(columns, c * rows, rows, v, out);
        }
    }

    /** out[i] += the sum over the block's 16 channels; one expression, so that the loop over rows becomes vector code. */
    private static void addBlock(float[] x, int from, int n, float[] v, double[] out) {
        float v0 = v[0], v1 = v[1], v2 = v[2], v3 = v[3], v4 = v[4], v5 = v[5], v6 = v[6], v7 = v[7];
        float v8 = v[8], v9 = v[9], va = v[10], vb = v[11], vc = v[12], vd = v[13], ve = v[14], vf = v[15];
        int r1 = from + n, r2 = r1 + n, r3 = r2 + n, r4 = r3 + n, r5 = r4 + n, r6 = r5 + n, r7 = r6 + n;
        int r8 = r7 + n, r9 = r8 + n, ra = r9 + n, rb = ra + n, rc = rb + n, rd = rc + n, re = rd + n, rf = re + n;
        for (int i = 0; i < n; i++) {
            out[i] += x[from + i] * v0
                    + x[r1 + i] * v1
                    + x[r2 + i] * v2
                    + x[r3 + i] * v3
                    + x[r4 + i] * v4
                    + x[r5 + i] * v5
                    + x[r6 + i] * v6
                    + x[r7 + i] * v7
                    + x[r8 + i] * v8
                    + x[r9 + i] * v9
                    + x[ra + i] * va
                    + x[rb + i] * vb
                    + x[rc + i] * vc
                    + x[rd + i] * vd
                    + x[re + i] * ve
                    + x[rf + i] * vf;
        }
    }
}
