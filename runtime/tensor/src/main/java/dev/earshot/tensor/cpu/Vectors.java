package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import java.lang.foreign.ValueLayout;

/**
 * Loops over dense F32 vectors by address that several ops share. The compiler does not vectorise them, since addresses may
 * overlap; where a loop weighs, {@link HeapRows} is the faster form. Sums have a few partial sums in a fixed order.
 */
final class Vectors {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private Vectors() {}

    /** y += alpha x. */
    static void addScaled(float alpha, long x, long y, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, y + 4L * i, ALL.get(F32, y + 4L * i) + alpha * ALL.get(F32, x + 4L * i));
        }
    }

    /** y = a b, elementwise. */
    static void multiply(long a, long b, long y, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, y + 4L * i, ALL.get(F32, a + 4L * i) * ALL.get(F32, b + 4L * i));
        }
    }

    /** x *= alpha. */
    static void scale(float alpha, long x, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, x + 4L * i, alpha * ALL.get(F32, x + 4L * i));
        }
    }

    /** {@code sums[i] += other[i]} in fp64. */
    static void addSums(long sums, long other, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F64, sums + 8L * i, ALL.get(F64, sums + 8L * i) + ALL.get(F64, other + 8L * i));
        }
    }

    /** {@code sums[i] += x[i]} in fp64. */
    static void addTo(long sums, long x, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F64, sums + 8L * i, ALL.get(F64, sums + 8L * i) + ALL.get(F32, x + 4L * i));
        }
    }

    /** {@code sums[i] += a[i] b[i]} in fp64. */
    static void addProductTo(long sums, long a, long b, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(
                    F64,
                    sums + 8L * i,
                    ALL.get(F64, sums + 8L * i) + (double) ALL.get(F32, a + 4L * i) * ALL.get(F32, b + 4L * i));
        }
    }

    /** y += alpha sums, from fp64. */
    static void addScaledSums(double alpha, long sums, long y, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, y + 4L * i, (float) (ALL.get(F32, y + 4L * i) + alpha * ALL.get(F64, sums + 8L * i)));
        }
    }

    /** Sets {@code n} fp64 values to 0. */
    static void clear(long sums, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F64, sums + 8L * i, 0);
        }
    }

    /** Sum of x in fp64. */
    static double sum(long x, int n) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int end = n & -4;
        for (int i = 0; i < end; i += 4) {
            s0 += ALL.get(F32, x + 4L * i);
            s1 += ALL.get(F32, x + 4L * i + 4);
            s2 += ALL.get(F32, x + 4L * i + 8);
            s3 += ALL.get(F32, x + 4L * i + 12);
        }
        for (int i = end; i < n; i++) {
            s0 += ALL.get(F32, x + 4L * i);
        }
        return (s0 + s1) + (s2 + s3);
    }
}
