package dev.earshot.segmentation.cascade;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class SilenceGateTest {
    private static float[] constant(double level) {
        float[] sound = new float[16_000];
        Arrays.fill(sound, (float) level);
        return sound;
    }

    @Test
    void closesBelowItsLevelOnly() {
        assertTrue(SilenceGate.DEFAULT.closedFor(constant(0)));
        assertTrue(SilenceGate.DEFAULT.closedFor(constant(0.99e-4)));
        assertFalse(SilenceGate.DEFAULT.closedFor(constant(-1.01e-4)));
        assertFalse(new SilenceGate(true, 0.25).closedFor(constant(0.25)), "the level itself is no silence");
        assertTrue(SilenceGate.DEFAULT.closedFor(constant(Double.NaN)));
        assertFalse(SilenceGate.OFF.closedFor(constant(0)));
        assertThrows(IllegalArgumentException.class, () -> new SilenceGate(true, -1));
    }
}
