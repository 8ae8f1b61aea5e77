package dev.earshot.tensor.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Floats as integers of the same order: C2 vectorises comparing, counting and finding the least of integers, but not of floats.
 * Not-a-number lies beyond the infinities. The key of -0 is below that of 0.
 */
final class FloatKeys {
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    private FloatKeys() {}

    static int of(float value) {
        return ofBits(Float.floatToRawIntBits(value));
    }

    private static int ofBits(int bits) {
        return bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    }

    static float toFloat(int key) {
        return Float.intBitsToFloat(ofBits(key));
    }

    /** keys[0..n) = those of the floats from byte {@code offset} of {@code memory} on. */
    static void load(MemorySegment memory, long offset, int[] keys, int n) {
        MemorySegment.copy(memory, I32, offset, keys, 0, n);
        for (int i = 0; i < n; i++) {
            keys[i] ^= (keys[i] >> 31) & Integer.MAX_VALUE;
        }
    }

    /** low = min(low, keys), high = max(high, keys), element by element. */
    static void widen(int[] keys, int[] low, int[] high, int n) {
        for (int i = 0; i < n; i++) {
            low[i] = Math.min(low[i], keys[i]);
            high[i] = Math.max(high[i], keys[i]);
        }
    }
}
