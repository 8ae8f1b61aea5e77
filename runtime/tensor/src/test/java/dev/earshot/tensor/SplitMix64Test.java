package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class SplitMix64Test {
    /** Published values of the generator for seed 0. */
    @Test
    void seedZeroGivesThePublishedSequence() {
        SplitMix64 random = new SplitMix64(0);
        assertEquals(0xe220a8397b1dcdafL, random.next());
        assertEquals(0x6e789e6aa1b965f4L, random.next());
        assertEquals(0x06c45d188009454fL, random.next());
    }

    @Test
    void unitNumbersOfSeed42() {
        SplitMix64 random = new SplitMix64(42);
        assertEquals(0.7415648787718233, random.unit());
        assertEquals(0.1599103928769201, random.unit());
        assertEquals(0.27860113025513866, random.unit());
    }
}
