package dev.earshot.tools.demoworld;

/** SplitMix64 with the few distributions the demo world draws from; the same numbers on every machine. */
final class WorldRandom {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private long state;

    WorldRandom(long seed) {
        state = seed;
    }

    /** The finalizer of SplitMix64: a bijection of the 64-bit integers that hides all structure of its argument. */
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Uniform value in [-1, 1) that depends on nothing but {@code key} and {@code index}: noise without a state. */
    static double signedHash(long key, long index) {
        return (mix(key + GOLDEN * (index + 1)) >> 11) * 0x1p-52;
    }

    long next() {
        state += GOLDEN;
        return mix(state);
    }

    /** Uniform in [0, 1). */
    double unit() {
        return (next() >>> 11) * 0x1p-53;
    }

    double uniform(double from, double to) {
        return from + (to - from) * unit();
    }

    /** Uniform integer in [0, n). */
    int below(int n) {
        return Math.min((int) (unit() * n), n - 1);
    }

    boolean chance(double probability) {
        return unit() < probability;
    }

    double sign() {
        return chance(0.5) ? 1 : -1;
    }

    /** Standard normal (Box and Muller; the second value is dropped, so that one call is always two draws). */
    double normal() {
        double u = 1 - unit();
        double v = unit();
        return StrictMath.sqrt(-2 * StrictMath.log(u)) * StrictMath.cos(2 * StrictMath.PI * v);
    }

    /** A random order of 0 .. n-1 (Fisher and Yates). */
    int[] permutation(int n) {
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = below(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
