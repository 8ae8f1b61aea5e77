package dev.earshot.models;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.tensor.Shape;
import dev.earshot.tensor.weights.WeightsException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FillerTest {
    /** Values worked out apart from this code, in Python. */
    @ParameterizedTest
    @CsvSource({
        "blocks.0.attn.qkv.weight, 13325826120803260016, 0.46731603, -0.19818985, 0.6508436, -0.69384086",
        "norm.weight, 16455739834485820943, -0.47410464, -0.94617045, 0.14104593, -0.36533535",
        "cls_token, 4693054463627924889, -0.0228225, -0.30737758, 0.01049507, 0.5807551",
        "input.image, 3516452889413133204, -0.8741913, -0.1906898, -0.8779371, -0.47896516"
    })
    void sequenceMatchesKnownValues(String key, String seed, float u0, float u1, float u2, float u3) {
        assertEquals(Long.parseUnsignedLong(seed), Filler.seed(key));
        float[] u = new float[4];
        for (int i = 0; i < 4; i++) {
            u[i] = (float) Filler.uniform(Filler.seed(key), i);
        }
        assertArrayEquals(new float[] {u0, u1, u2, u3}, u, 5e-8f);
    }

    @ParameterizedTest
    @CsvSource({
        "blocks.0.attn.qkv.weight, 3, 12, 0.5, 0", // sqrt(3 / 12)
        "pos_embed, 4, 3, 0.1, 0",
        "attn.bias_k, 2, 2, 0.1, 0",
        "norm.weight, 5, 0, 0.1, 1",
        "norm.bias, 5, 0, 0.02, 0",
        "class_embedding, 5, 0, 0.02, 0",
        "input.image, 2, 3, 1.7320508075688772, 0"
    })
    void scaleAndCentreFollowTheKindOfTensor(String key, int rows, int columns, double scale, double centre) {
        float[] values = (columns == 0 ? Filler.tensor(key, rows) : Filler.tensor(key, rows, columns)).toFloats();
        for (int i = 0; i < values.length; i++) {
            assertEquals((float) (Filler.uniform(Filler.seed(key), i) * scale + centre), values[i], 0);
        }
    }

    @Test
    void constantsReplaceTheSequence() {
        Filler filler = new Filler("test", Map.of("scale", Shape.of()), Map.of("scale", 2.5f));
        assertArrayEquals(new float[] {2.5f}, filler.read("scale").toFloats());
        assertEquals(4, filler.entry("scale").bytes());
        assertThrows(WeightsException.class, () -> filler.read("other"));
    }
}
