package dev.earshot.tools.demoworld;

import dev.earshot.tensor.SplitMix64;

/** SplitMix64 with the few distributions the demo world draws from; the same numbers on every machine. */
final class WorldRandom {
    private final SplitMix64 bits;

    WorldRandom(long seed) {
        bits = new SplitMix64(seed);
    }

    /** Uniform value in [-1, 1) that depends on nothing but {@code key} and {@code index}: noise without a state. */
    static double signedHash(long key, long index) {
        return (SplitMix64.at(key, index) >> 11) * 0x1p-52;
    }

    long next() {
        return bits.next();
    }

    /** Uniform in [0, 1). */
    double unit() {
        return bits.unit();
    }

    double uniform(double from, double to) {
        return from + (to - from) * unit();
    }

    /** Uniform integer in [0, n). */
    int below(int n) {
        return bits.below(n);
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
