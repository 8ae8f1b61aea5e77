package dev.earshot.tools.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PromptTextTest {
    @Test
    void pointsAreOneObject() {
        PromptText prompt = PromptText.ofPoints("10,20; 30.5,4,0;7,8,1");
        assertArrayEquals(new double[] {10, 20, 30.5, 4, 7, 8}, prompt.points());
        assertArrayEquals(new int[] {1, 0, 1}, prompt.labels());
        assertEquals(0, prompt.box().length);
    }

    @Test
    void boxesAreOneEach() {
        List<PromptText> prompts = PromptText.ofBoxes("1,2,3,4;5,6,70,80");
        assertEquals(2, prompts.size());
        assertArrayEquals(new double[] {5, 6, 70, 80}, prompts.get(1).box());
        assertEquals(0, prompts.get(1).labels().length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1", "1,", "1,2,3", "1,2,0.5", "1,2,1,4", "a,b", "1,2;;3,4", "NaN,3", "1,Infinity", "1 2"})
    void otherPointsAreRefusedWithTheirText(String text) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> PromptText.ofPoints(text));
        assertTrue(e.getMessage().contains("expected"), e.getMessage());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1,2,3", "1,2,3,4,5", "3,4,1,2", "1,2,1,5", "1,2,NaN,4"})
    void otherBoxesAreRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> PromptText.ofBoxes(text));
    }
}
