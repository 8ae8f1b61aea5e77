package dev.earshot.tensor.kmeans;

/**
 * Long sums in fp64 in the order of a warp of {@value #LANES} threads: lane l adds up the terms l, l + 32, l + 64 … in turn,
 * then the upper half of the lanes is added to the lower one until a single sum is left. Terms are rounded before they are
 * added. The order is part of the result: whoever keeps to it gets the same bits.
 */
final class LaneSums {
    private static final int LANES = 32;

    private LaneSums() {}

    /** Sum of the squares of x[from .. from + n). */
    static double squares(float[] x, int from, int n) {
        double[] lanes = new double[LANES];
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
        return total(lanes);
    }

    /** Sum of the squares of x[from .. from + n). */
    static double squares(double[] x, int from, int n) {
        return product(x, from, x, from, n);
    }

    /** Sum of the products of a[fromA .. fromA + n) and b[fromB .. fromB + n). */
    static double product(double[] a, int fromA, double[] b, int fromB, int n) {
        double[] lanes = new double[LANES];
        for (int i = 0; i < n; i++) {
            lanes[i % LANES] += a[fromA + i] * b[fromB + i];
        }
        return total(lanes);
    }

    /** Sum of the products of a[fromA .. fromA + n) and b[fromB .. fromB + n). */
    static double product(float[] a, int fromA, double[] b, int fromB, int n) {
        double[] lanes = new double[LANES];
        for (int i = 0; i < n; i++) {
            lanes[i % LANES] += a[fromA + i] * b[fromB + i];
        }
        return total(lanes);
    }

    /** The sum of the lanes, which it changes; lane l holds the sum of the terms l, l + 32 … */
    static double total(double[] lanes) {
        for (int half = LANES / 2; half > 0; half /= 2) {
            for (int lane = 0; lane < half; lane++) {
                lanes[lane] += lanes[lane + half];
            }
        }
        return lanes[0];
    }

    /** Empty lanes, for sums whose terms come one by one: term i belongs to lane i % {@value #LANES}. */
    static double[] lanes() {
        return new double[LANES];
    }
}
