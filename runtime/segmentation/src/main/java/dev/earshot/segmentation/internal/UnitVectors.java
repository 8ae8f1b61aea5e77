package dev.earshot.segmentation.internal;

import java.util.Arrays;

/** Vectors of length 1 in plain arrays; fp32 data, fp64 sums. */
public final class UnitVectors {
    /** A vector at most this long has no direction. */
    public static final double EPS = 1e-6;

    /** Vectors that are treated side by side: a sum in fixed order waits for itself, four sums fill a processor. */
    public static final int FOUR = 4;

    private UnitVectors() {}

    /** Scales a vector to length 1 and returns true, or clears it and returns false if it is too short to have a direction. */
    public static boolean normalize(float[] data, int from, int width) {
        double norm = Math.sqrt(dot(data, from, data, from, width));
        boolean alive = norm > EPS;
        double scale = alive ? 1 / norm : 0;
        for (int c = from; c < from + width; c++) {
            data[c] = (float) (data[c] * scale);
        }
        return alive;
    }

    /** Scalar product of {@code a} from {@code fromA} on with {@code b} from {@code fromB} on. */
    public static double dot(float[] a, int fromA, float[] b, int fromB, int width) {
        double sum = 0;
        for (int c = 0; c < width; c++) {
            sum += (double) a[fromA + c] * b[fromB + c];
        }
        return sum;
    }

    /**
     * Copies up to four vectors that lie behind each other to the start of {@code out} and normalises them there, each to the
     * bits of {@link #normalize}. What {@code out} holds behind them is cleared.
     *
     * @param out [4, width]
     * @return bit t is set if vector t has a direction
     */
    public static int normalizeFour(float[] data, int from, float[] out, int count, int width) {
        System.arraycopy(data, from, out, 0, count * width);
        Arrays.fill(out, count * width, FOUR * width, 0);
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        for (int i = 0; i < width; i++) {
            a += (double) out[i] * out[i];
            b += (double) out[width + i] * out[width + i];
            c += (double) out[2 * width + i] * out[2 * width + i];
            d += (double) out[3 * width + i] * out[3 * width + i];
        }
        return scale(out, 0, width, a) | scale(out, 1, width, b) | scale(out, 2, width, c) | scale(out, 3, width, d);
    }

    /** Scales vector t of this squared length; returns its bit if it has a direction. */
    private static int scale(float[] vectors, int t, int width, double square) {
        double norm = Math.sqrt(square);
        boolean alive = norm > EPS;
        double scale = alive ? 1 / norm : 0;
        for (int i = t * width; i < (t + 1) * width; i++) {
            vectors[i] = (float) (vectors[i] * scale);
        }
        return alive ? 1 << t : 0;
    }

    /** Scalar products of four vectors [4, width] with {@code with}, each with the bits of {@link #dot}. */
    public static void dotFour(float[] vectors, float[] with, double[] out, int width) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        for (int i = 0; i < width; i++) {
            double other = with[i];
            a += vectors[i] * other;
            b += vectors[width + i] * other;
            c += vectors[2 * width + i] * other;
            d += vectors[3 * width + i] * other;
        }
        out[0] = a;
        out[1] = b;
        out[2] = c;
        out[3] = d;
    }
}
