package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

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

    /** y = x + by. */
    static void shift(float[] x, float by, float[] y, int n) {
        for (int i = 0; i < n; i++) {
            y[i] = x[i] + by;
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
}
