package dev.earshot.tensor;

/**
 * The SplitMix64 generator: 64 bits of state, the same numbers on every machine and in every language. {@code
 * java.util.SplittableRandom} derives its streams differently, hence these lines. Not for several threads.
 */
public final class SplitMix64 {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    /** The sequence of a seed; every seed is as good as any other. */
    public SplitMix64(long seed) {
        state = seed;
    }

    /** The finalizer: a bijection of the 64-bit integers that hides all structure of its argument. */
    public static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Element {@code index}, from 0, of a seed's sequence, without going through the ones before it. */
    public static long at(long seed, long index) {
        return mix(seed + (index + 1) * GOLDEN);
    }

    /** The generator's whole state: {@code new SplitMix64(state())} goes on where this one is. */
    public long state() {
        return state;
    }

    /** The next 64 bits. */
    public long next() {
        state += GOLDEN;
        return mix(state);
    }

    /** A number in [0, 1) with 53 random bits. */
    public double unit() {
        return (next() >>> 11) * 0x1.0p-53;
    }

    /** A whole number in [0, n). */
    public int below(int n) {
        return Math.min((int) (unit() * n), n - 1);
    }
}
