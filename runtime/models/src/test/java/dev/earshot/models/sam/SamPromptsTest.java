package dev.earshot.models.sam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SamPromptsTest {
    private static final float[] NONE = {};
    private static final int[] NO_LABELS = {};

    private static String refusal(
            float[] points, int[] labels, int perPrompt, float[] boxes, float[] masks, int count) {
        return assertThrows(
                        IllegalArgumentException.class,
                        () -> new SamPrompts(points, labels, perPrompt, boxes, masks, count))
                .getMessage();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void numbersThatAreNoneAreRefusedWhereverTheyStand(float bad) {
        int[] label = {1};
        String point = refusal(new float[] {3, bad}, label, 1, NONE, NONE, 1);
        assertTrue(point.contains("SAM points") && point.contains("index 1"), point);
        String box = refusal(NONE, NO_LABELS, 0, new float[] {0, 0, bad, 1}, NONE, 1);
        assertTrue(box.contains("SAM boxes") && box.contains("index 2"), box);
        String mask = refusal(NONE, NO_LABELS, 0, NONE, new float[] {bad}, 1);
        assertTrue(mask.contains("SAM masks") && mask.contains("index 0"), mask);
    }

    @Test
    void countsThatDoNotAgreeAreRefused() {
        assertTrue(refusal(new float[4], new int[1], 1, NONE, NONE, 2).contains("2 prompts of 1 points"));
        assertTrue(refusal(new float[3], new int[2], 1, NONE, NONE, 2).contains("3 coordinates"));
        assertTrue(refusal(NONE, NO_LABELS, 0, new float[4], NONE, 2).contains("each of 2 prompts, got 4"));
        assertTrue(refusal(NONE, NO_LABELS, 0, NONE, NONE, -1).contains("got -1"));
        assertTrue(refusal(NONE, NO_LABELS, -2, NONE, NONE, 1).contains("got -2"));
        assertThrows(IllegalArgumentException.class, () -> SamPrompts.ofPoints(new float[3]));
        assertThrows(IllegalArgumentException.class, () -> SamPrompts.ofBoxes(new float[6]));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, -2, -9, 255})
    void labelsThatMeanNothingAreRefused(int label) {
        String message = refusal(new float[2], new int[] {label}, 1, NONE, NONE, 1);
        assertTrue(message.contains("got " + label), message);
    }

    @Test
    void pointsOutsideTheFrameEmptyBoxesAndNoPromptAreTaken() {
        SamPrompts outside = SamPrompts.ofPoints(new float[] {-50, 1e6f});
        assertEquals(1, outside.count());
        assertEquals(SamPrompts.FOREGROUND, outside.labels()[0]);
        assertTrue(SamPrompts.ofBoxes(new float[] {5, 5, 5, 5}).hasBoxes());
        SamPrompts nothing = new SamPrompts(NONE, NO_LABELS, 0, NONE, NONE, 1);
        assertFalse(nothing.hasBoxes() || nothing.hasMasks());
        assertEquals(0, SamPrompts.ofPoints(NONE).count());
    }

    @Test
    void tokensFollowTheRuleOfThePaddingPoint() {
        assertEquals(2, SamPromptEncoder.tokens(SamPrompts.ofPoints(new float[2])));
        assertEquals(2, SamPromptEncoder.tokens(SamPrompts.ofBoxes(new float[4])));
        assertEquals(3, SamPromptEncoder.tokens(new SamPrompts(new float[2], new int[1], 1, new float[4], NONE, 1)));
        assertEquals(0, SamPromptEncoder.tokens(new SamPrompts(NONE, NO_LABELS, 0, NONE, NONE, 1)));
    }
}
