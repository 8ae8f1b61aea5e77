package dev.earshot.segmentation.cascade;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class ProposalChoiceTest {
    private static boolean[] kept(ScoreScale scale, double threshold, boolean topOne, double... scores) {
        return new ProposalChoice(scale, threshold, topOne).among(scores).kept();
    }

    private static boolean[] flags(int... ones) {
        boolean[] flags = new boolean[ones.length];
        for (int i = 0; i < ones.length; i++) {
            flags[i] = ones[i] == 1;
        }
        return flags;
    }

    @Test
    void aScoreThatEqualsTheThresholdIsDropped() {
        double above = Math.nextUp(0.7);
        assertArrayEquals(flags(0, 1, 0), kept(ScoreScale.RAW, 0.7, true, 0.7, above, -0.9));
        assertArrayEquals(flags(0, 0), kept(ScoreScale.RAW, 0.5, false, 0.5, 0.5));
        assertArrayEquals(flags(1, 0), kept(ScoreScale.RAW, 0.5, true, 0.5, 0.5));
    }

    @Test
    void whereNonePassesTheFirstOfTheBestIsKeptIfAskedFor() {
        assertArrayEquals(flags(0, 1, 0, 0), kept(ScoreScale.RAW, 0.7, true, 0.1, 0.3, 0.3, 0.2));
        assertArrayEquals(flags(0, 0, 0, 0), kept(ScoreScale.RAW, 0.7, false, 0.1, 0.3, 0.3, 0.2));
        assertEquals(
                1, ProposalChoice.DEFAULT.among(new double[] {0.1, 0.3, 0.3}).best());
        assertEquals(-1, ProposalChoice.DEFAULT.among(new double[0]).best());
        assertEquals(0, ProposalChoice.DEFAULT.among(new double[0]).kept().length);
    }

    @Test
    void minmaxStretchesAFrameToTheUnitInterval() {
        assertArrayEquals(
                new double[] {0, 0.75, 1, 0.25}, ScoreScale.MINMAX.of(new double[] {-0.2, 0.1, 0.2, -0.1}), 1e-12);
        assertArrayEquals(flags(0, 1, 1, 0), kept(ScoreScale.MINMAX, 0.7, false, -0.2, 0.1, 0.2, -0.1));
        assertArrayEquals(flags(0, 0, 1, 0), kept(ScoreScale.MINMAX, 0.8, false, -0.2, 0.1, 0.2, -0.1));
        assertArrayEquals(flags(1), kept(ScoreScale.MINMAX, 0.7, false, -0.4));
        assertArrayEquals(flags(1, 1), kept(ScoreScale.MINMAX, 0.7, false, 0.1, 0.1));
        assertArrayEquals(flags(1, 1), kept(ScoreScale.MINMAX, 0.7, false, 0.1, 0.1 + 9e-7));
        assertArrayEquals(flags(0, 1), kept(ScoreScale.MINMAX, 0.7, false, 0.1, 0.1 + 1.1e-6));
        assertEquals(0, ScoreScale.MINMAX.of(new double[0]).length);
    }

    @Test
    void softmaxSharesOut() {
        // exp(20 * 0.1) = e^2 to one
        double e2 = Math.E * Math.E;
        assertArrayEquals(
                new double[] {e2 / (e2 + 1), 1 / (e2 + 1)}, ScoreScale.SOFTMAX.of(new double[] {0.3, 0.2}), 1e-12);
        assertArrayEquals(new double[] {1}, ScoreScale.SOFTMAX.of(new double[] {-1}), 0);
        assertArrayEquals(flags(1, 0), kept(ScoreScale.SOFTMAX, 0.7, false, 0.3, 0.2));
        assertArrayEquals(flags(0, 0), kept(ScoreScale.SOFTMAX, 0.7, false, 0.3, 0.3));
        assertEquals(0, ScoreScale.SOFTMAX.of(new double[0]).length);
    }

    @Test
    void noNumberIsNoThreshold() {
        assertThrows(IllegalArgumentException.class, () -> new ProposalChoice(ScoreScale.RAW, Double.NaN, true));
    }
}
