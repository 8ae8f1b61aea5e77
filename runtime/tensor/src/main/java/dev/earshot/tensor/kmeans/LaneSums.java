package dev.earshot.tensor.kmeans;

import java.util.Arrays;

/**
 * Long sums in fp64 in the order of a warp of {@value #LANES} threads: lane l adds up the terms l, l + 32, l + 64 … in turn,
 * then the upper half of the lanes is added to the lower one until a single sum is left. Terms are rounded before they are
 * added. The order is part of the result: whoever keeps to it gets the same bits. One thread at a time.
 */
final class LaneSums {
    private static final int LANES = 32;

    /** Lanes that are summed side by side: as many as hide the latency of an addition. */
    private static final int TOGETHER = 8;

    private final double[] lanes = new double[LANES];

    /** Sum of the squares of x[from .. from + n). */
    double squares(float[] x, int from, int n) {
        clear();
        int whole = n & -LANES;
        for (int block = 0; block < whole; block += LANES) {
            for (int lane = 0; lane < LANES; lane++) {
                double value = x[from + block + lane];
                lanes[lane] += value * value;
            }
        }
        for (int i = whole; i < n; i++) {
            double value = x[from + i];
            lanes[i - whole] += value * value;
        }
        return total();
    }

    /** Sum of the squares of x. */
    double squares(double[] x) {
        return product(x, x);
    }

    /** Sum of the products of the elements of a and b. */
    double product(double[] a, double[] b) {
        clear();
        int whole = a.length & -LANES;
        for (int lane = 0; lane < LANES; lane += TOGETHER) {
            addLanes(a, b, lane, whole);
        }
        for (int i = whole; i < a.length; i++) {
            lanes[i - whole] += a[i] * b[i];
        }
        return total();
    }

    /** In local variables: C2 cannot know that the lanes are no part of a or b, and would store every sum. */
    private void addLanes(double[] a, double[] b, int first, int whole) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        double s4 = 0;
        double s5 = 0;
        double s6 = 0;
        double s7 = 0;
        for (int i = first; i < whole; i += LANES) {
            s0 += a[i] * b[i];
            s1 += a[i + 1] * b[i + 1];
            s2 += a[i + 2] * b[i + 2];
            s3 += a[i + 3] * b[i + 3];
            s4 += a[i + 4] * b[i + 4];
            s5 += a[i + 5] * b[i + 5];
            s6 += a[i + 6] * b[i + 6];
            s7 += a[i + 7] * b[i + 7];
        }
        lanes[first] = s0;
        lanes[first + 1] = s1;
        lanes[first + 2] = s2;
        lanes[first + 3] = s3;
        lanes[first + 4] = s4;
        lanes[first + 5] = s5;
        lanes[first + 6] = s6;
        lanes[first + 7] = s7;
    }

    /** Sum of the products of a[from ..] and the elements of b. */
    double product(float[] a, int from, double[] b) {
        clear();
        for (int i = 0; i < b.length; i++) {
            lanes[i % LANES] += a[from + i] * b[i];
        }
        return total();
    }

    /** Starts a sum whose terms come one by one. */
    void clear() {
        Arrays.fill(lanes, 0);
    }

    /** Adds term number {@code i}. */
    void add(int i, double term) {
        lanes[i % LANES] += term;
    }

    /** The sum of all terms; the next one starts with {@link #clear()}. */
    double total() {
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[0];
    }
}
