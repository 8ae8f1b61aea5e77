package dev.earshot.segmentation.internal;

/** Vectors of length 1 in plain arrays; fp32 data, fp64 sums. */
public final class UnitVectors {
    /** A vector at most this long has no direction. */
    public static final double EPS = 1e-6;

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
}
