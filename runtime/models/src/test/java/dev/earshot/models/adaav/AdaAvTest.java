package dev.earshot.models.adaav;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.Tiny;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdaAvTest {
    private static final AdaAvConfig CONFIG = new AdaAvConfig(new Placement.Last(2).pairs(3, 3), 5, 2);

    private final Backend backend = new ReferenceBackend();
    private final Workspace ws = backend.workspace(1 << 20);
    private final ImageBind model =
            ImageBind.load(backend, ImageBind.filler(Tiny.IMAGEBIND), Tiny.IMAGEBIND, DType.F32);

    @AfterEach
    void close() {
        ws.close();
        model.close();
        backend.close();
    }

    /** The table for trunks of 32 and 12 blocks, and the cases with fewer audio blocks. */
    @ParameterizedTest
    @CsvSource({
        "last:6, 32, 12, '26:6,27:7,28:8,29:9,30:10,31:11'",
        "first:6, 32, 12, '0:0,1:1,2:2,3:3,4:4,5:5'",
        "interleaved:6, 32, 12, '21:1,23:3,25:5,27:7,29:9,31:11'",
        "interleaved:6, 12, 12, '1:1,3:3,5:5,7:7,9:9,11:11'",
        "interleaved:6, 12, 6, '1:0,3:1,5:2,7:3,9:4,11:5'",
        "last:6, 12, 6, '6:0,7:1,8:2,9:3,10:4,11:5'",
        "'1:0,3:2', 5, 3, '1:0,3:2'"
    })
    void placementsGiveThePublishedPairs(String text, int imageBlocks, int audioBlocks, String expected) {
        assertEquals(expected, AdaAvKeys.write(Placement.parse(text).pairs(imageBlocks, audioBlocks)));
    }

    @Test
    void placesOutsideTheTrunksAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Placement.Last(4).pairs(3, 12));
        assertThrows(IllegalArgumentException.class, () -> new Placement.Interleaved(3).pairs(4, 12));
        assertThrows(
                IllegalArgumentException.class, () -> Placement.parse("3:0").pairs(3, 3));
        assertThrows(
                IllegalArgumentException.class, () -> Placement.parse("1:0,1:1").pairs(3, 3));
        assertThrows(IllegalArgumentException.class, () -> Placement.parse("last"));
    }

    /** Counts of the settings tried for ImageBind-Huge. */
    @ParameterizedTest
    @CsvSource({"6, 32, 4, 1314840", "6, 32, 2, 1296408", "6, 32, 8, 1351704", "2, 32, 4, 438280", "4, 32, 4, 876560"})
    void parametersAreCounted(int adapters, int bottleneck, int latents, long expected) {
        AdaAvConfig config = new AdaAvConfig(new Placement.Last(adapters).pairs(32, 12), bottleneck, latents);
        assertEquals(expected, config.parameters(1280, 768));
        Weights weights = AdaAvAdapters.initial(config, ImageBindConfig.HUGE, 1);
        assertEquals(
                expected,
                weights.keys().stream()
                        .mapToLong(key -> weights.shape(key).elements())
                        .sum());
    }

    private Tensor upload(String name, long... dims) {
        return backend.upload(ws, Tiny.input(name, dims), DType.F32);
    }

    private Tensor audio() {
        return upload("audio", 2, 1, Tiny.MEL, Tiny.FRAMES);
    }

    /** Adapters whose every value counts, gates included. */
    private AdaAvAdapters open() {
        Weights initial = AdaAvAdapters.initial(CONFIG, Tiny.IMAGEBIND, 7);
        Map<String, HostTensor> tensors = Tiny.renamed(initial, key -> key);
        tensors.replaceAll((key, tensor) -> key.endsWith(".gate") ? HostTensor.of(new float[] {0.7f}, 1) : tensor);
        return AdaAvAdapters.load(backend, Weights.of("open gates", tensors), CONFIG, Tiny.IMAGEBIND);
    }

    @Test
    void freshAdaptersEqualTheFrozenModelBitForBit() {
        Weights initial = AdaAvAdapters.initial(CONFIG, Tiny.IMAGEBIND, 7);
        try (AdaAvAdapters adapters = AdaAvAdapters.load(backend, initial, CONFIG, Tiny.IMAGEBIND)) {
            AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
            Tensor image = upload("image", 2, 3, 28, 28);
            Tensor frozen = model.vision().encode(backend, ws, image, BlockHook.NONE);
            AdaptedImageBind.Heard heard = adapted.hear(backend, ws, audio());
            assertArrayEquals(backend.download(frozen), backend.download(adapted.encode(backend, ws, image, heard)));
            assertArrayEquals(
                    backend.download(model.embedAudio(backend, ws, audio())), backend.download(heard.embedding()));
        }
    }

    @Test
    void openGatesChangeTheImageAndNotTheSound() {
        try (AdaAvAdapters adapters = open()) {
            AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
            Tensor image = upload("image", 2, 3, 28, 28);
            var output = adapted.forward(backend, ws, image, audio(), FeatureNorm.HEAD);
            float[] frozen = backend.download(model.embedImages(backend, ws, image));
            float[] heard = backend.download(output.imageEmbedding());
            double largest = 0;
            for (int i = 0; i < frozen.length; i++) {
                largest = Math.max(largest, Math.abs(frozen[i] - heard[i]));
            }
            assertTrue(largest > 1e-3, "difference " + largest);
            assertArrayEquals(
                    backend.download(model.embedAudio(backend, ws, audio())),
                    backend.download(output.audioEmbedding()));
        }
    }

    @Test
    void bothStreamsEqualTheirOwnPasses() {
        try (AdaAvAdapters adapters = open()) {
            AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
            Tensor image = upload("image", 2, 3, 28, 28);
            AdaptedImageBind.Heard heard = adapted.hear(backend, ws, audio());
            AdaptedImageBind.Streams both = adapted.encodeBoth(backend, ws, image, heard);
            assertArrayEquals(
                    backend.download(adapted.encode(backend, ws, image, heard)), backend.download(both.adapted()));
            assertArrayEquals(
                    backend.download(model.vision().encode(backend, ws, image, BlockHook.NONE)),
                    backend.download(both.frozen()));
        }
    }

    @Test
    void severalClipsAreOneLongRowOfTokens() {
        try (AdaAvAdapters adapters = open()) {
            AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
            Tensor two = audio();
            var apart = adapted.hear(backend, ws, two);
            var joined = adapted.hear(backend, ws, two.reshape(1, 2, 1, Tiny.MEL, Tiny.FRAMES));
            assertEquals(26, joined.x().getFirst().dim(1));
            assertArrayEquals(
                    backend.download(apart.x().getLast()),
                    backend.download(joined.x().getLast()));
            assertArrayEquals(
                    backend.download(apart.y().getLast()),
                    backend.download(joined.y().getLast()));
            Tensor image = upload("image", 1, 3, 28, 28);
            assertEquals(1, adapted.encode(backend, ws, image, joined).dim(0));
            assertThrows(IllegalArgumentException.class, () -> adapted.encode(backend, ws, image, apart));
        }
    }

    @Test
    void groupsOfImagesHearTheSameSoundsInTurn() {
        try (AdaAvAdapters adapters = open()) {
            AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
            AdaptedImageBind.Heard heard = adapted.hear(backend, ws, audio());
            Tensor six = upload("images", 6, 3, 28, 28);
            Tensor stream = model.vision().preNorm(backend, ws, model.vision().tokens(backend, ws, six));
            model.vision().trunk().run(backend, ws, stream, 0, adapted.firstAdaptedBlock(), BlockHook.NONE);
            adapted.encodeFrom(backend, ws, stream, heard);
            for (int group = 0; group < 3; group++) {
                Tensor two = backend.copy(ws, six.slice(0, 2 * group, 2 * group + 2), DType.F32);
                assertArrayEquals(
                        backend.download(adapted.encode(backend, ws, two, heard)),
                        backend.download(stream.slice(0, 2 * group, 2 * group + 2)));
            }
            Tensor five = backend.copy(ws, stream.slice(0, 0, 5), DType.F32);
            assertThrows(IllegalArgumentException.class, () -> adapted.encodeFrom(backend, ws, five, heard));
        }
    }

    @Test
    void featureFormsDifferByTheHeadNorm() {
        try (AdaAvAdapters adapters = open()) {
            AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
            Tensor stream = model.vision().encode(backend, ws, upload("image", 1, 3, 28, 28), BlockHook.NONE);
            float[] raw = backend.download(adapted.features(backend, ws, stream, FeatureNorm.NONE));
            assertArrayEquals(backend.download(stream.slice(1, 1, 5)), raw);
            assertArrayEquals(
                    backend.download(model.patchFeatures(backend, ws, stream)),
                    backend.download(adapted.features(backend, ws, stream, FeatureNorm.HEAD)));
        }
    }

    @Test
    void filesKeepValuesAndPlaces(@TempDir Path folder) {
        Path file = folder.resolve("adapters.safetensors");
        try (AdaAvAdapters adapters = open()) {
            adapters.save(file);
            try (Weights weights = Safetensors.open(file);
                    AdaAvAdapters again = AdaAvAdapters.load(backend, weights, Tiny.IMAGEBIND)) {
                assertEquals(CONFIG, again.config());
                assertEquals(adapters.parameters().keySet(), again.parameters().keySet());
                adapters.parameters()
                        .forEach((key, tensor) -> assertArrayEquals(
                                backend.download(tensor),
                                backend.download(again.parameters().get(key)),
                                key));
            }
        }
    }

    @Test
    void adapterFilesThatDoNotFitAreExplained() {
        Weights initial = AdaAvAdapters.initial(CONFIG, Tiny.IMAGEBIND, 7);
        var places = assertThrows(WeightsException.class, () -> AdaAvAdapters.load(backend, initial, Tiny.IMAGEBIND));
        assertTrue(places.getMessage().contains("earshot.adaav_pairs"), places.getMessage());
        var sizes = assertThrows(WeightsException.class, () -> AdaAvAdapters.load(backend, initial, CONFIG, wider()));
        assertTrue(
                sizes.getMessage().contains("adaav.0.attn.down_v: expected [5, 27], got [5, 24]"), sizes.getMessage());
    }

    private static ImageBindConfig wider() {
        var vit = Tiny.IMAGEBIND.vision().vit();
        return new ImageBindConfig(
                new VisionConfig(new VitConfig(28, 14, 27, vit.depth(), 3, 96, 1e-6f), 12), Tiny.IMAGEBIND.audio());
    }

    @Test
    void aSeedGivesTheSameStartAndAnotherSeedAnother() {
        float[] first = AdaAvAdapters.initial(CONFIG, Tiny.IMAGEBIND, 7)
                .read("adaav.1.mlp.up")
                .toFloats();
        float[] same = AdaAvAdapters.initial(CONFIG, Tiny.IMAGEBIND, 7)
                .read("adaav.1.mlp.up")
                .toFloats();
        float[] other = AdaAvAdapters.initial(CONFIG, Tiny.IMAGEBIND, 8)
                .read("adaav.1.mlp.up")
                .toFloats();
        assertArrayEquals(first, same);
        assertTrue(!List.of(first[0], first[1]).equals(List.of(other[0], other[1])));
        double square = 0;
        for (float value : first) {
            square += (double) value * value / first.length;
        }
        assertEquals(1.0 / CONFIG.bottleneck(), square, 0.08); // 120 draws of variance 1 / r
    }

    /** The formula of the class comment in plain loops. */
    @Test
    void moduleMatchesItsFormula() {
        int k = 4;
        int n = 3;
        int da = 6;
        int dv = 8;
        int r = 5;
        int m = 2;
        Map<String, HostTensor> tensors = Map.of(
                "latents", Filler.tensor("latents", m, da),
                "down_v", Filler.tensor("down_v", r, dv),
                "down_a", Filler.tensor("down_a", r, da),
                "up", Filler.tensor("up", dv, r),
                "gate", HostTensor.of(new float[] {0.6f}, 1),
                "gate_av", HostTensor.of(new float[] {-1.3f}, 1));
        double[][] la = rows(tensors.get("latents"), m, da);
        double[][] na = norm(rows(Tiny.input("audio", k, da), k, da));
        double[][] nv = norm(rows(Tiny.input("image", n, dv), n, dv));
        double[][] gathered = times(softmax(timesTransposed(la, na), Math.sqrt(da)), na);
        for (int i = 0; i < m; i++) {
            for (int c = 0; c < da; c++) {
                gathered[i][c] += la[i][c];
            }
        }
        double[][] u = timesTransposed(nv, rows(tensors.get("down_v"), r, dv));
        double[][] t = timesTransposed(gathered, rows(tensors.get("down_a"), r, da));
        double[][] s = times(softmax(timesTransposed(u, t), Math.sqrt(r)), t);
        for (int i = 0; i < n; i++) {
            for (int c = 0; c < r; c++) {
                u[i][c] = Math.max(0, u[i][c] - 1.3f * s[i][c]);
            }
        }
        double[][] expected = timesTransposed(u, rows(tensors.get("up"), dv, r));

        try (var scope = backend.parameters()) {
            AdaAv module = AdaAv.load(scope, Weights.of("module", tensors));
            Tensor out = ws.allocate(DType.F32, 1, n, dv);
            module.forward(backend, ws, upload("audio", 1, k, da), upload("image", 1, n, dv), out);
            float[] got = backend.download(out);
            for (int i = 0; i < n * dv; i++) {
                assertEquals(0.6f * expected[i / dv][i % dv], got[i], 2e-6);
            }
        }
    }

    private static double[][] rows(HostTensor tensor, int rows, int columns) {
        float[] values = tensor.toFloats();
        double[][] out = new double[rows][columns];
        for (int i = 0; i < values.length; i++) {
            out[i / columns][i % columns] = values[i];
        }
        return out;
    }

    private static double[][] norm(double[][] x) {
        for (double[] row : x) {
            double mean = Arrays.stream(row).average().orElseThrow();
            double variance = Arrays.stream(row)
                    .map(v -> (v - mean) * (v - mean))
                    .average()
                    .orElseThrow();
            for (int c = 0; c < row.length; c++) {
                row[c] = (row[c] - mean) / Math.sqrt(variance + 1e-6);
            }
        }
        return x;
    }

    private static double[][] timesTransposed(double[][] a, double[][] b) {
        double[][] out = new double[a.length][b.length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b.length; j++) {
                for (int c = 0; c < a[i].length; c++) {
                    out[i][j] += a[i][c] * b[j][c];
                }
            }
        }
        return out;
    }

    private static double[][] times(double[][] a, double[][] b) {
        double[][] out = new double[a.length][b[0].length];
        for (int i = 0; i < a.length; i++) {
            for (int j = 0; j < b[0].length; j++) {
                for (int c = 0; c < b.length; c++) {
                    out[i][j] += a[i][c] * b[c][j];
                }
            }
        }
        return out;
    }

    private static double[][] softmax(double[][] x, double divisor) {
        for (double[] row : x) {
            double sum = 0;
            for (int c = 0; c < row.length; c++) {
                row[c] = Math.exp(row[c] / divisor);
                sum += row[c];
            }
            for (int c = 0; c < row.length; c++) {
                row[c] /= sum;
            }
        }
        return x;
    }
}
