package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class FloatsTest {
    @Test
    void everyBf16PatternSurvivesTheWayThroughFp32() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = Floats.fromBf16((short) bits);
            short back = Floats.toBf16(value);
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(Floats.fromBf16(back)));
                assertEquals(bits & 0x8000, back & 0x8000, "sign of a NaN");
            } else {
                assertEquals((short) bits, back);
            }
        }
    }

    @Test
    void roundsToTheNearestWithTiesToEven() {
        assertEquals(1f, Floats.roundBf16(1f + 0x1p-8f), "tie, even below");
        assertEquals(1f + 0x1p-6f, Floats.roundBf16(1f + 0x1p-7f + 0x1p-8f), "tie, even above");
        assertEquals(1f + 0x1p-7f, Floats.roundBf16(1f + 0x1p-8f + 0x1p-23f), "just above a tie");
        assertEquals(-1f, Floats.roundBf16(-1f - 0x1p-8f));
        assertEquals(Float.POSITIVE_INFINITY, Floats.roundBf16(Float.MAX_VALUE));
        assertEquals(Float.NEGATIVE_INFINITY, Floats.roundBf16(Float.NEGATIVE_INFINITY));
        assertEquals(0x8000, Floats.toBf16(-0f) & 0xffff);
    }

    /** Against the definition: no neighbour in the list of all bf16 numbers is nearer. */
    @Test
    void noNeighbourIsNearer() {
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < 20_000; i++) {
            float value = Float.intBitsToFloat(random.nextInt());
            short bits = Floats.toBf16(value);
            if (Float.isNaN(value) || Math.abs(value) > 3.3e38) {
                continue;
            }
            BigDecimal exact = new BigDecimal(value);
            BigDecimal chosen =
                    exact.subtract(new BigDecimal(Floats.fromBf16(bits))).abs();
            for (int step : new int[] {-1, 1}) {
                float other = Floats.fromBf16((short) (bits + step));
                if (Float.isFinite(other)) {
                    BigDecimal distance = exact.subtract(new BigDecimal(other)).abs();
                    assertTrue(chosen.compareTo(distance) <= 0, value + " -> " + Floats.fromBf16(bits));
                }
            }
        }
    }
}
