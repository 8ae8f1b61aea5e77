package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Loops over rows in Java arrays. C2 vectorises them; it does not vectorise loops over addresses, which may overlap, so that
 * copying a row of a thousand floats in and out (0.1 microseconds each) and computing there is several times as fast.
 */
final class HeapRows {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private HeapRows() {}

    /** into[0..n) = the floats at {@code address}. */
    static void load(long address, float[] into, int n) {
        MemorySegment.copy(ALL, F32, address, into, 0, n);
    }

    /** The floats at {@code address} = from[0..n). */
    static void store(float[] from, long address, int n) {
        MemorySegment.copy(from, 0, ALL, F32, address, n);
    }

    /** y += alpha x. */
    static void addScaled(float alpha, float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] += alpha * x[i];
        }
    }

    /** x *= y. */
    static void multiply(float[] x, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            x[i] *= y[i];
        }
    }

    /** x -= shift. */
    static void subtract(float[] x, float shift, int n) {
        for (int i = 0; i < n; i++) {
            x[i] -= shift;
        }
    }

    /** d = scale p (d - projection). */
    static void softmaxSlopes(float[] p, float[] d, float projection, float scale, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = scale * (p[i] * (d[i] - projection));
        }
    }

    /** target += scale * (slope - mean - projection * centred). */
    static void normSlopes(
            float[] slope, float[] centred, float scale, float mean, float projection, float[] target, int n) {
        for (int i = 0; i < n; i++) {
            target[i] += scale * (slope[i] - mean - projection * centred[i]);
        }
    }

    /** Sum of x with eight partial sums, in a fixed order. */
    static float sum(float[] x, int n) {
        float s0 = 0;
        float s1 = 0;
        float s2 = 0;
        float s3 = 0;
        float s4 = 0;
        float s5 = 0;
        float s6 = 0;
        float s7 = 0;
        int end = n & -8;
        for (int i = 0; i < end; i += 8) {
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
