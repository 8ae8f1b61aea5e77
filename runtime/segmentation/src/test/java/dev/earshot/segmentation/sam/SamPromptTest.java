package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class SamPromptTest {
    private static void assertRefused(String what, Executable call) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call);
        assertTrue(e.getMessage().contains(what) && e.getMessage().contains("expected"), e.getMessage());
    }

    @Test
    void pointsMustBeNumbersWithLabelsOfOneOrZero() {
        assertRefused("finite", () -> SamPrompt.foreground(Double.NaN, 0));
        assertRefused("finite", () -> SamPrompt.foreground(0, Double.POSITIVE_INFINITY));
        assertRefused("labels 1", () -> SamPrompt.points(new double[] {1, 1}, new int[] {2}));
        assertRefused("labels 1", () -> SamPrompt.points(new double[] {1, 1}, new int[] {-1}));
        assertRefused("at least one", () -> SamPrompt.points(new double[0], new int[0]));
        assertRefused("x and y", () -> SamPrompt.points(new double[3], new int[1]));
    }

    @Test
    void boxesMustHoldSomethingAndStandTheRightWayRound() {
        assertRefused("left, top", () -> SamPrompt.box(5, 5, 5, 9));
        assertRefused("left, top", () -> SamPrompt.box(5, 9, 8, 5));
        assertRefused("finite", () -> SamPrompt.box(0, 0, Double.NaN, 5));
        assertRefused("finite", () -> SamPrompt.box(0, 0, Double.POSITIVE_INFINITY, 5));
    }

    @Test
    void masksMustHaveFiniteLogits() {
        assertRefused("low-resolution", () -> SamPrompt.mask(MaskLogits.NONE));
        assertRefused("finite", () -> SamPrompt.mask(new MaskLogits(1, 1, new float[] {Float.NaN})));
    }

    @Test
    void pointsOutsideThePictureAreRefused() {
        double[] fine = SamPrompt.foreground(0, 0).andBackground(9.99, 4.5).pointsWithin(10, 5);
        assertArrayEquals(new double[] {0, 0, 9.99, 4.5}, fine);
        assertRefused(
                "pixels of this picture", () -> SamPrompt.foreground(10, 0).pointsWithin(10, 5));
        assertRefused("pixels of this picture", () -> SamPrompt.foreground(0, 5).pointsWithin(10, 5));
        assertRefused(
                "pixels of this picture", () -> SamPrompt.foreground(-0.01, 0).pointsWithin(10, 5));
        assertRefused(
                "pixels of this picture",
                () -> SamPrompt.foreground(1, 1).andForeground(1, 99).pointsWithin(10, 5));
    }

    @Test
    void boxesAreCutOffAtThePicturesBorders() {
        assertArrayEquals(
                new double[] {0, 1, 10, 5}, SamPrompt.box(-3, 1, 12, 50).boxWithin(10, 5));
        assertRefused("part within", () -> SamPrompt.box(10, 0, 12, 5).boxWithin(10, 5));
        assertRefused("part within", () -> SamPrompt.box(-4, 0, 0, 5).boxWithin(10, 5));
        assertEquals(0, SamPrompt.foreground(1, 1).boxWithin(10, 5).length);
    }

    @Test
    void promptsAreJoinedButNotTwoBoxesOrTwoMasks() {
        SamPrompt box = SamPrompt.box(0, 0, 2, 2);
        SamPrompt mask = SamPrompt.mask(new MaskLogits(1, 1, new float[1]));
        SamPrompt all = box.andBackground(1, 2).and(mask).andForeground(3, 4);
        assertArrayEquals(new int[] {0, 1}, all.labels());
        assertArrayEquals(new double[] {1, 2, 3, 4}, all.pointsWithin(9, 9));
        assertTrue(all.hasBox() && all.hasMask());
        assertRefused("at most one box", () -> all.and(box));
        assertRefused("at most one box", () -> mask.and(mask));
        assertEquals("SamPrompt[2 points, box [0.0, 0.0, 2.0, 2.0], mask 1 x 1]", all.toString());
    }
}
