package dev.earshot.tensor.cpu;

/**
 * Finds the smallest and largest of the numbers in a row and 0, by halving: C2 does not vectorise a running minimum. NaN if
 * one of them is. Holds the temporaries of one thread.
 */
final class RowRange {
    /** Below this many a plain loop is as fast. */
    private static final int FEW = 16;

    private final float[] low;
    private final float[] high;
    private final float[] upper;
    private float smallest;
    private float largest;

    /** For rows of at most {@code width} numbers. */
    RowRange(int width) {
        int half = (width + 1) / 2;
        this.low = new float[half];
        this.high = new float[half];
        this.upper = new float[half];
    }

    float smallest() {
        return smallest;
    }

    float largest() {
        return largest;
    }

    void find(float[] x, int n) {
        int half = (n + 1) / 2;
        int pairs = n - half;
        System.arraycopy(x, half, upper, 0, pairs);
        fold(x, upper, low, high, pairs);
        if (pairs < half) {
            low[pairs] = x[pairs];
            high[pairs] = x[pairs];
        }
        smallest = 0;
        largest = 0;
        int left = foldLow(half);
        for (int i = 0; i < left; i++) {
            smallest = Math.min(smallest, low[i]);
        }
        left = foldHigh(half);
        for (int i = 0; i < left; i++) {
            largest = Math.max(largest, high[i]);
        }
    }

    private int foldLow(int count) {
        int n = count;
        while (n > FEW) {
            int half = (n + 1) / 2;
            System.arraycopy(low, half, upper, 0, n - half);
            least(low, upper, n - half);
            n = half;
        }
        return n;
    }

    private int foldHigh(int count) {
        int n = count;
        while (n > FEW) {
            int half = (n + 1) / 2;
            System.arraycopy(high, half, upper, 0, n - half);
            most(high, upper, n - half);
            n = half;
        }
        return n;
    }

    private static void fold(float[] x, float[] y, float[] low, float[] high, int n) {
        for (int i = 0; i < n; i++) {
            low[i] = Math.min(x[i], y[i]);
            high[i] = Math.max(x[i], y[i]);
        }
    }

    private static void least(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.min(x[i], y[i]);
        }
    }

    private static void most(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] = Math.max(x[i], y[i]);
        }
    }
}
