package dev.earshot.tools.parity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.HostTensor;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ElementConditionTest {
    private static final String CONDITION = "mid.second_best_gap > 1e-4 or mid.second_best_gap == 0";

    /** One pixel whose two best candidates differ by rounding alone, and one with an exact tie, are in this case. */
    private static GoldenCase tiedCase() throws URISyntaxException {
        Path root = Path.of(ElementConditionTest.class
                .getResource("/goldens/pma/scanline_w1")
                .toURI());
        return GoldenCase.find(root).getFirst();
    }

    @Test
    void elementsAreSelectedByAnotherTensor() throws URISyntaxException {
        try (GoldenCase golden = tiedCase()) {
            HostTensor gaps = golden.tensor("mid.second_best_gap");
            boolean[] compared = ElementCondition.parse(CONDITION).elements(golden, golden.tensor("expected.argmin"));
            float[] values = gaps.toFloats();
            int ties = 0;
            for (int i = 0; i < values.length; i++) {
                assertEquals(values[i] > 1e-4f || values[i] == 0, compared[i], "element " + i);
                ties += values[i] == 0 ? 1 : 0;
            }
            assertTrue(ties > 0);
        }
    }

    @Test
    void aConditionInOtherWordsLeavesNothingOut() throws URISyntaxException {
        try (GoldenCase golden = tiedCase()) {
            for (String words : List.of("", "abs(expected logit) >= 2e-5", CONDITION + " or whatever")) {
                boolean[] compared = ElementCondition.parse(words).elements(golden, golden.tensor("expected.cost"));
                assertArrayEquals(new boolean[] {true, true}, compared, words);
            }
        }
    }

    @Test
    void onlySelectedElementsAreCompared() {
        CheckRule exact = new CheckRule("*", true, false, 0, 0, 0, ElementCondition.parse(""));
        HostTensor got = HostTensor.of(new float[] {1, 2, 3}, 3);
        HostTensor expected = HostTensor.of(new float[] {1, 7, 3}, 3);
        boolean[] all = {true, true, true};
        assertFalse(TensorComparison.byRule("x", got, expected, exact, all).passed());
        boolean[] some = {true, false, true};
        assertTrue(TensorComparison.byRule("x", got, expected, exact, some).passed());
    }
}
