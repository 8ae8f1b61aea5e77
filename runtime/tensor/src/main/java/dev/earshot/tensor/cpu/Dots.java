package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import java.lang.foreign.ValueLayout;

/**
 * Scalar products of fp32 vectors with eight partial sums, added in a fixed order. The compiler keeps them in registers; it
 * does not vectorise float sums, whose order it must keep (1280 elements: 0.33 microseconds, of memory in cache).
 */
final class Dots {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int LANES = 8;

    private Dots() {}

    /** Sum of the squares of {@code n} floats from {@code x} on. */
    static float squares(long x, int n) {
        return product(x, x, n);
    }

    /** Sum of x[i] y[i]. */
    static float product(long x, long y, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        long shift = y - x;
        long end = x + 4L * (n - n % LANES);
        for (long at = x; at < end; at += 4 * LANES) {
            s0 = Math.fma(ALL.get(F32, at), ALL.get(F32, at + shift), s0);
            s1 = Math.fma(ALL.get(F32, at + 4), ALL.get(F32, at + 4 + shift), s1);
            s2 = Math.fma(ALL.get(F32, at + 8), ALL.get(F32, at + 8 + shift), s2);
            s3 = Math.fma(ALL.get(F32, at + 12), ALL.get(F32, at + 12 + shift), s3);
            s4 = Math.fma(ALL.get(F32, at + 16), ALL.get(F32, at + 16 + shift), s4);
            s5 = Math.fma(ALL.get(F32, at + 20), ALL.get(F32, at + 20 + shift), s5);
            s6 = Math.fma(ALL.get(F32, at + 24), ALL.get(F32, at + 24 + shift), s6);
            s7 = Math.fma(ALL.get(F32, at + 28), ALL.get(F32, at + 28 + shift), s7);
        }
        for (long at = end; at < x + 4L * n; at += 4) {
            s0 = Math.fma(ALL.get(F32, at), ALL.get(F32, at + shift), s0);
        }
        return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }

    /** Sum of (x[i] - y[i])^2. */
    static float squaredDistance(long x, long y, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        long shift = y - x;
        long end = x + 4L * (n - n % 4);
        for (long at = x; at < end; at += 16) {
            float d0 = ALL.get(F32, at) - ALL.get(F32, at + shift);
            float d1 = ALL.get(F32, at + 4) - ALL.get(F32, at + 4 + shift);
            float d2 = ALL.get(F32, at + 8) - ALL.get(F32, at + 8 + shift);
            float d3 = ALL.get(F32, at + 12) - ALL.get(F32, at + 12 + shift);
            s0 = Math.fma(d0, d0, s0);
            s1 = Math.fma(d1, d1, s1);
            s2 = Math.fma(d2, d2, s2);
            s3 = Math.fma(d3, d3, s3);
        }
        for (long at = end; at < x + 4L * n; at += 4) {
            float d = ALL.get(F32, at) - ALL.get(F32, at + shift);
            s0 = Math.fma(d, d, s0);
        }
        return (s0 + s1) + (s2 + s3);
    }

    /** Sum of x[i] y[i] over the first {@code n} elements. */
    static float product(float[] x, float[] y, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        int end = n - n % LANES;
        for (int i = 0; i < end; i += LANES) {
            s0 = Math.fma(x[i], y[i], s0);
            s1 = Math.fma(x[i + 1], y[i + 1], s1);
            s2 = Math.fma(x[i + 2], y[i + 2], s2);
            s3 = Math.fma(x[i + 3], y[i + 3], s3);
            s4 = Math.fma(x[i + 4], y[i + 4], s4);
            s5 = Math.fma(x[i + 5], y[i + 5], s5);
            s6 = Math.fma(x[i + 6], y[i + 6], s6);
            s7 = Math.fma(x[i + 7], y[i + 7], s7);
        }
        for (int i = end; i < n; i++) {
            s0 = Math.fma(x[i], y[i], s0);
        }
        return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }

    /** Sum of the first {@code n} elements. */
    static float sum(float[] x, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        int end = n - n % LANES;
        for (int i = 0; i < end; i += LANES) {
            s0 += x[i];
            s1 += x[i + 1];
            s2 += x[i + 2];
            s3 += x[i + 3];
            s4 += x[i + 4];
            s5 += x[i + 5];
            s6 += x[i + 6];
            s7 += x[i + 7];
        }
        for (int i = end; i < n; i++) {
            s0 += x[i];
        }
        return ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7));
    }
}
