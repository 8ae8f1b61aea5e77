package dev.earshot.tools.demoworld;

import dev.earshot.tensor.SplitMix64;

/**
 * The name of a clip as a 64-bit number: split (2 bits), subset (2 bits), user seed (32 bits), index (28 bits). No two
 * clips share a number, and splits can never meet, whatever seeds the user picks.
 *
 * @param split part of the world
 * @param subset 0..3, which of the subsets of the split
 * @param seed the user's seed; its low 32 bits count
 * @param index position in the subset, 0 .. 2^28 - 1
 */
record ClipSeed(Split split, int subset, long seed, int index) {
    ClipSeed {
        if (subset < 0 || subset > 3) {
            throw new IllegalArgumentException("clip subset: expected 0..3, got " + subset);
        }
        if (index < 0 || index >= 1 << 28) {
            throw new IllegalArgumentException("clip index: expected 0..2^28-1, got " + index);
        }
    }

    /** The packed number. */
    long packed() {
        return (long) split.ordinal() << 62 | (long) subset << 60 | (seed & 0xFFFFFFFFL) << 28 | index;
    }

    /** A generator of its own for this clip: packed numbers pass through a bijection, so they stay distinct. */
    WorldRandom random() {
        return new WorldRandom(SplitMix64.mix(packed() ^ 0x5EED0FEA25407A11L));
    }
}
