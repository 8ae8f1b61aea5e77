package dev.earshot.tensor.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class WeightLoaderTest {
    private static final Weights FILE = Weights.of(
            "vits8.safetensors",
            new TreeMap<>(Map.of(
                    "blocks.0.norm1.weight", HostTensor.of(new float[] {1, 2, 3}, 3),
                    "head.mlp.weight", HostTensor.of(new float[1], 1),
                    "norm.weight", HostTensor.of(new float[2], 2),
                    "stray", HostTensor.of(new float[1], 1))));

    @Test
    void everythingWrongIsInOneMessage() {
        WeightLoader loader = WeightLoader.of(FILE, "dino vit_base_16");
        loader.tensor("cls_token", 1, 1, 3);
        loader.at("blocks.0.").at("norm1.").tensor("weight", 3);
        loader.tensor("norm.weight", 3);
        loader.ignore("head.");
        loader.hint(weights -> "").hint(weights -> "dino vit_small_8");
        WeightsException e = assertThrows(WeightsException.class, loader::finish);
        assertEquals("""
                vits8.safetensors: weights: expected the 3 tensors of dino vit_base_16, got 1 missing, \
                1 of another shape or type, 1 unexpected — this looks like dino vit_small_8
                  missing: cls_token [1, 1, 3]
                  shape or type: norm.weight: expected [3], got [2]
                  unexpected: "stray" [1]""", e.getMessage());
    }

    @Test
    void tensorsAreReadableOnlyAfterTheCheck() {
        WeightLoader loader = WeightLoader.of(FILE, "model");
        Weight norm = loader.tensor("norm.weight", 2);
        Weight gamma = loader.tensor("blocks.0.norm1.weight", 3);
        Weight absent = loader.optional("pooler.dense.weight", 2, 2);
        loader.ignore("head.").ignore("stray");
        assertThrows(IllegalStateException.class, norm::read);
        loader.finish();
        assertArrayEquals(new float[] {1, 2, 3}, gamma.floats());
        assertFalse(absent.present());
        assertThrows(IllegalStateException.class, absent::read);
    }

    @Test
    void declaringLoaderCollectsNamesAndShapes() {
        WeightLoader loader = WeightLoader.declaring("model");
        loader.at("a.").tensor("weight", 2, 3);
        loader.tensor("b");
        loader.finish();
        assertEquals(Map.of("a.weight", Shape.of(2, 3), "b", Shape.of()), loader.expected());
        assertEquals(List.of("a.weight", "b"), List.copyOf(loader.expected().keySet()));
    }

    @Test
    void declaringATensorTwiceIsAProgrammingError() {
        WeightLoader loader = WeightLoader.declaring("model");
        loader.tensor("a", 1);
        assertThrows(IllegalArgumentException.class, () -> loader.tensor("a", 1));
    }

    @Test
    void longListsAreCut() {
        WeightLoader loader = WeightLoader.of(Weights.of("none", Map.of()), "model");
        for (int i = 0; i < 100; i++) {
            loader.tensor("t" + i, 1);
        }
        WeightsException e = assertThrows(WeightsException.class, loader::finish);
        assertTrue(e.getMessage().endsWith("missing: … and 92 more"), e.getMessage());
    }
}
