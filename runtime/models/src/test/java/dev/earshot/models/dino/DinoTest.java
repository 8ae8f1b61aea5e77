package dev.earshot.models.dino;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.Tiny;
import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.models.vit.PositionResampling;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DinoTest {
    private static final DinoConfig TINY =
            new DinoConfig(new VitConfig(24, 8, 20, 3, 4, 48, 1e-6f), PositionResampling.DINO_ORIGINAL);

    private final Backend backend = new ReferenceBackend();
    private final Workspace ws = backend.workspace(1 << 20);
    private final Weights filler = Dino.filler(TINY, DinoKeyForm.ORIGINAL);

    @AfterEach
    void close() {
        ws.close();
        backend.close();
    }

    private float[] forward(Weights weights, long height, long width) {
        try (Dino dino = Dino.load(backend, weights, TINY, DType.F32)) {
            Tensor image = backend.upload(ws, Tiny.input("image", 2, 3, height, width), DType.F32);
            return backend.download(dino.forward(backend, ws, image));
        }
    }

    /** Parameter counts of the published models. */
    @ParameterizedTest
    @CsvSource({"VIT_SMALL_16, 21665664", "VIT_SMALL_8, 21670272", "VIT_BASE_16, 85798656", "VIT_BASE_8, 85807872"})
    void variantsHaveThePublishedSizesAndAreRecognised(DinoVariant variant, long parameters) {
        for (DinoKeyForm form : DinoKeyForm.values()) {
            DinoConfig config = variant.config(form);
            Weights weights = Dino.filler(config, form);
            long count = weights.keys().stream()
                    .mapToLong(key -> weights.shape(key).elements())
                    .sum();
            assertEquals(parameters, count);
            assertEquals(
                    form == DinoKeyForm.ORIGINAL ? 150 : 198, weights.keys().size());
            assertEquals(config, DinoConfig.of(weights));
            assertTrue(CheckpointGuess.describe(weights).startsWith("DINO " + variant));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"teacher.module.backbone.", "teacher.backbone.", "module.", "backbone."})
    void prefixesOfTrainingCheckpointsAreStripped(String prefix) {
        Map<String, HostTensor> tensors = Tiny.renamed(filler, key -> prefix + key);
        if (prefix.startsWith("teacher.")) {
            filler.keys()
                    .forEach(key -> tensors.put(prefix.replace("teacher", "student") + key, filler.read("cls_token")));
            tensors.put("teacher.module.head.last_layer.weight_g", Filler.tensor("x", 2, 2));
        }
        tensors.put(prefix + "head.mlp.0.weight", Filler.tensor("x", 2, 2));
        assertArrayEquals(forward(filler, 24, 24), forward(Weights.of("training checkpoint", tensors), 24, 24));
    }

    @ParameterizedTest
    @CsvSource({
        "'', encoder.layer.%s., false, false",
        "vit., encoder.layer.%s., false, true",
        "'', layers.%s., true, true",
        "vit., layers.%s., true, false",
        "'', encoder.layer.%s., true, false"
    })
    void huggingFaceNamesGiveTheSameModel(String prefix, String blocks, boolean renamed, boolean pooler) {
        Map<String, HostTensor> tensors = huggingFace(prefix, blocks, renamed);
        if (pooler) {
            tensors.put(prefix + "pooler.dense.weight", Filler.tensor("x", 20, 20));
            tensors.put(prefix + "pooler.dense.bias", Filler.tensor("x", 20));
        }
        assertArrayEquals(forward(filler, 24, 24), forward(Weights.of("hugging face", tensors), 24, 24));
    }

    /** Written from the table of names, not by the code under test. */
    private Map<String, HostTensor> huggingFace(String prefix, String blocks, boolean renamed) {
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        List<String> qkv = renamed
                ? List.of("attention.q_proj", "attention.k_proj", "attention.v_proj")
                : List.of("attention.attention.query", "attention.attention.key", "attention.attention.value");
        for (String key : filler.keys()) {
            String name = key.replaceFirst("^cls_token", "embeddings.cls_token")
                    .replaceFirst("^pos_embed", "embeddings.position_embeddings")
                    .replaceFirst("^patch_embed\\.proj", "embeddings.patch_embeddings.projection")
                    .replaceFirst("^norm\\.", "layernorm.")
                    .replaceFirst("norm1", "layernorm_before")
                    .replaceFirst("norm2", "layernorm_after")
                    .replaceFirst("attn\\.proj", renamed ? "attention.o_proj" : "attention.output.dense")
                    .replaceFirst("mlp\\.fc1", renamed ? "mlp.fc1" : "intermediate.dense")
                    .replaceFirst("mlp\\.fc2", renamed ? "mlp.fc2" : "output.dense")
                    .replaceFirst("^blocks\\.(\\d+)\\.", blocks.formatted("$1"));
            HostTensor tensor = filler.read(key);
            if (!key.contains("attn.qkv")) {
                tensors.put(prefix + name, tensor);
                continue;
            }
            long bytes = tensor.data().byteSize() / 3;
            for (int i = 0; i < 3; i++) {
                Shape shape = tensor.shape().with(0, 20);
                tensors.put(
                        prefix + name.replaceFirst("attn\\.qkv", qkv.get(i)),
                        new HostTensor(tensor.data().asSlice(i * bytes, bytes), DType.F32, shape));
            }
        }
        return tensors;
    }

    @Test
    void theTwoResamplingsDifferAwayFromTheNativeSizeOnly() {
        DinoConfig other = new DinoConfig(TINY.vit(), PositionResampling.TRANSFORMERS);
        try (Dino original = Dino.load(backend, filler, TINY, DType.F32);
                Dino transformers = Dino.load(backend, filler, other, DType.F32);
                Workspace ws = backend.workspace(1 << 16)) {
            assertArrayEquals(
                    backend.download(original.positions(backend, ws, 3, 3)),
                    backend.download(transformers.positions(backend, ws, 3, 3)));
            float[] a = backend.download(original.positions(backend, ws, 5, 4));
            float[] b = backend.download(transformers.positions(backend, ws, 5, 4));
            double largest = 0;
            for (int i = 0; i < a.length; i++) {
                largest = Math.max(largest, Math.abs(a[i] - b[i]));
            }
            assertTrue(largest > 1e-3, "difference " + largest);
        }
    }

    @Test
    void intermediatesEndInTheForwardPassAndAttentionRowsSumToOne() {
        try (Dino dino = Dino.load(backend, filler, TINY, DType.F32)) {
            Tensor image = backend.upload(ws, Tiny.input("image", 2, 3, 24, 40), DType.F32);
            List<Tensor> last = dino.intermediate(backend, ws, image, 2);
            assertEquals(2, last.size());
            assertArrayEquals(backend.download(dino.forward(backend, ws, image)), backend.download(last.getLast()));
            Tensor attention = dino.lastAttention(backend, ws, image);
            assertEquals(Shape.of(2, 4, 16, 16), attention.shape());
            float[] weights = backend.download(attention);
            for (int row = 0; row < weights.length; row += 16) {
                double sum = 0;
                for (int i = 0; i < 16; i++) {
                    sum += weights[row + i];
                }
                assertEquals(1, sum, 1e-6);
            }
            assertThrows(IllegalArgumentException.class, () -> dino.intermediate(backend, ws, image, 4));
        }
    }

    @Test
    void poolingsAreMeansAndClassTokens() {
        try (Dino dino = Dino.load(backend, filler, TINY, DType.F32)) {
            Tensor tokens = dino.forward(backend, ws, backend.upload(ws, Tiny.input("image", 2, 3, 24, 24), DType.F32));
            float[] all = backend.download(tokens); // [2, 10, 20]
            float[] both = backend.download(dino.pool(backend, ws, tokens, DinoPooling.GAP_WITH_CLS));
            float[] gap = backend.download(dino.pool(backend, ws, tokens, DinoPooling.GAP));
            float[] cls = backend.download(dino.pool(backend, ws, tokens, DinoPooling.CLS));
            for (int b = 0; b < 2; b++) {
                for (int c = 0; c < 20; c++) {
                    double mean = 0;
                    for (int t = 1; t < 10; t++) {
                        mean += all[(10 * b + t) * 20 + c] / 9.0;
                    }
                    assertEquals(mean, gap[20 * b + c], 1e-6);
                    assertEquals(all[200 * b + c], cls[20 * b + c], 0);
                    assertEquals(cls[20 * b + c], both[40 * b + c], 0);
                    assertEquals(gap[20 * b + c], both[40 * b + 20 + c], 0);
                }
            }
        }
    }

    @Test
    void imagesThatPatchesDoNotTileAreRefused() {
        var error = assertThrows(IllegalArgumentException.class, () -> forward(filler, 28, 24));
        assertTrue(error.getMessage().contains("multiples of 8"), error.getMessage());
    }

    @Test
    void aFileOfAnotherVariantIsNamed() {
        Weights small = Dino.filler(DinoVariant.VIT_SMALL_8.config(DinoKeyForm.ORIGINAL), DinoKeyForm.ORIGINAL);
        DinoConfig base = DinoVariant.VIT_BASE_16.config(DinoKeyForm.ORIGINAL);
        var error = assertThrows(WeightsException.class, () -> Dino.load(backend, small, base, DType.F32));
        assertTrue(error.getMessage().contains("tensors of DINO vit_base_16"), error.getMessage());
        assertTrue(error.getMessage().contains("looks like DINO vit_small_8"), error.getMessage());
        Weights none = Weights.of("empty.safetensors", Map.of());
        var empty = assertThrows(WeightsException.class, () -> Dino.load(backend, none, DType.F32));
        assertTrue(empty.getMessage().contains("a DINO backbone"), empty.getMessage());
    }
}
