package dev.earshot.segmentation.moca;

/**
 * The SplitMix64 generator: 64 bits of state, the same numbers on every machine and in every language. {@code
 * java.util.SplittableRandom} derives its streams differently, hence these lines.
 */
final class SplitMix64 {
    private long state;

    SplitMix64(long seed) {
        state = seed;
    }

    long next() {
        state += 0x9E3779B97F4A7C15L;
        long z = state;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A number in [0, 1) with 53 random bits. */
    double unit() {
        return (next() >>> 11) * 0x1.0p-53;
    }

    /** A whole number in [0, n). */
    int below(int n) {
        return Math.min((int) (unit() * n), n - 1);
    }
}
