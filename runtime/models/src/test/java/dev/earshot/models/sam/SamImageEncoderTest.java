package dev.earshot.models.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.ForwardSession;
import dev.earshot.models.Tiny;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SamImageEncoderTest {
    private static final SamGrid GRID = SamCheckpoints.TINY.grid();
    private static final SamConfig.Encoder CONFIG = SamCheckpoints.TINY.encoder();
    private static final HostTensor IMAGE = Tiny.input("image", 2, 3, GRID.imageHeight(), GRID.imageWidth());

    private final Backend reference = new ReferenceBackend();
    private final Weights file = SamCheckpoints.file(SamCheckpoints.TINY);

    @AfterEach
    void close() {
        reference.close();
    }

    private static float[] embed(Backend b, Weights weights, HostTensor image, DType compute) {
        return embed(b, weights, GRID, CONFIG, image, compute);
    }

    private static float[] embed(
            Backend b, Weights weights, SamGrid grid, SamConfig.Encoder config, HostTensor image, DType compute) {
        try (ParameterScope scope = b.parameters();
                Workspace ws = b.workspace(1 << 20)) {
            SamImageEncoder encoder = SamImageEncoder.load(scope, weights, grid, config, compute);
            return b.download(encoder.embed(b, ws, b.upload(ws, image, DType.F32)));
        }
    }

    private static double largestDifference(float[] a, float[] b) {
        assertEquals(a.length, b.length);
        double largest = 0;
        for (int i = 0; i < a.length; i++) {
            largest = Math.max(largest, Math.abs(a[i] - b[i]));
        }
        return largest;
    }

    @Test
    void bothFamiliesOfNamesGiveTheSameBits() {
        Weights huggingFace = Weights.of("hf", Tiny.renamed(file, SamCheckpoints::huggingFace));
        assertArrayEquals(embed(reference, file, IMAGE, DType.F32), embed(reference, huggingFace, IMAGE, DType.F32));
    }

    @Test
    void fillerWeightsLoadUnderEitherFamilyOfNames() {
        Weights original = SamImageEncoder.filler(GRID, CONFIG);
        Weights huggingFace = SamImageEncoder.huggingFaceFiller(GRID, CONFIG);
        assertEquals(
                original.keys().stream().map(SamCheckpoints::huggingFace).toList(), List.copyOf(huggingFace.keys()));
        assertArrayEquals(embed(reference, file, IMAGE, DType.F32), embed(reference, original, IMAGE, DType.F32));
        double difference = largestDifference(
                embed(reference, original, IMAGE, DType.F32), embed(reference, huggingFace, IMAGE, DType.F32));
        assertTrue(difference > 0.1, () -> "other names give other values, but they differ by " + difference);
    }

    /** Windows that the grid is a multiple of, larger than it in one direction and in both, and none at all. */
    @ParameterizedTest
    @CsvSource({"6, 4, 2", "5, 3, 4", "3, 2, 7", "7, 5, 3", "1, 1, 2"})
    void gridsAndWindowsOfAnySizeAgreeWithTheReference(int rows, int columns, int window) {
        SamGrid grid = new SamGrid(rows, columns, 4);
        SamConfig.Encoder config = new SamConfig.Encoder(24, 3, 3, 40, window, List.of(1), 16);
        Weights weights = SamImageEncoder.filler(grid, config);
        HostTensor image = Tiny.input("image", 1, 3, grid.imageHeight(), grid.imageWidth());
        float[] expected = embed(reference, weights, grid, config, image, DType.F32);
        try (Backend cpu = Backends.open("cpu")) {
            float[] got = embed(cpu, weights, grid, config, image, DType.F32);
            assertTrue(largestDifference(got, expected) < 2e-5, () -> "off by " + largestDifference(got, expected));
            float[] coarse = embed(cpu, weights, grid, config, image, DType.BF16);
            double error = largestDifference(coarse, expected);
            assertTrue(error < 0.25 && error > 0, () -> "bf16 is off by " + error);
        }
    }

    @Test
    void aBlockWhoseWindowIsTheGridEqualsAGlobalOne() {
        SamGrid grid = new SamGrid(4, 4, 4);
        SamConfig.Encoder windowed = new SamConfig.Encoder(24, 2, 3, 40, 4, List.of(), 16);
        SamConfig.Encoder global = new SamConfig.Encoder(24, 2, 3, 40, 4, List.of(0, 1), 16);
        Weights weights = SamImageEncoder.filler(grid, windowed);
        HostTensor image = Tiny.input("image", 1, 3, 16, 16);
        assertArrayEquals(
                embed(reference, weights, grid, global, image, DType.F32),
                embed(reference, weights, grid, windowed, image, DType.F32));
    }

    @Test
    void imagesOfABatchAreEncodedEachByItself() {
        int values = IMAGE.toFloats().length / 2;
        float[] both = embed(reference, file, IMAGE, DType.F32);
        for (int i = 0; i < 2; i++) {
            float[] one = Arrays.copyOfRange(IMAGE.toFloats(), i * values, (i + 1) * values);
            HostTensor alone = HostTensor.of(one, 1, 3, GRID.imageHeight(), GRID.imageWidth());
            assertArrayEquals(
                    Arrays.copyOfRange(both, i * both.length / 2, (i + 1) * both.length / 2),
                    embed(reference, file, alone, DType.F32));
        }
    }

    @Test
    void aCapturedPassGivesTheBitsOfAnUncapturedOne() {
        try (Backend cpu = Backends.open("cpu");
                ParameterScope scope = cpu.parameters()) {
            SamImageEncoder encoder = SamImageEncoder.load(scope, file, GRID, CONFIG, DType.F32);
            HostTensor other = Tiny.input("other", 2, 3, GRID.imageHeight(), GRID.imageWidth());
            try (ForwardSession<Tensor> session =
                    new ForwardSession<>(cpu, (b, ws, inputs) -> encoder.embed(b, ws, inputs.getFirst()))) {
                for (HostTensor image : List.of(IMAGE, other, IMAGE)) {
                    assertArrayEquals(embed(cpu, file, image, DType.F32), cpu.download(session.run(image)));
                }
            }
        }
    }

    @Test
    void theEarlyFeatureIsTheStreamAfterTheFirstGlobalBlock() {
        try (ParameterScope scope = reference.parameters();
                Workspace ws = reference.workspace(1 << 20)) {
            SamImageEncoder encoder = SamImageEncoder.load(scope, file, GRID, CONFIG, DType.F32);
            Tensor image = reference.upload(ws, IMAGE, DType.F32);
            Tensor stream = encoder.tokens(reference, ws, image);
            encoder.blocks().get(0).run(reference, ws, stream);
            encoder.blocks().get(1).run(reference, ws, stream);
            SamImageEncoder.Features features = encoder.embedWithEarly(reference, ws, image);
            assertArrayEquals(reference.download(stream), reference.download(features.early()));
            assertArrayEquals(embed(reference, file, IMAGE, DType.F32), reference.download(features.embedding()));
        }
    }

    @Test
    void aPassOfTheSameShapeNeedsNoMoreMemory() {
        try (Backend cpu = Backends.open("cpu");
                ParameterScope scope = cpu.parameters();
                Workspace ws = cpu.workspace(1 << 12)) {
            SamImageEncoder encoder = SamImageEncoder.load(scope, file, GRID, CONFIG, DType.F32);
            encoder.embed(cpu, ws, cpu.upload(ws, IMAGE, DType.F32));
            long after = ws.capacityBytes();
            ws.reset();
            encoder.embed(cpu, ws, cpu.upload(ws, IMAGE, DType.F32));
            assertEquals(after, ws.capacityBytes());
        }
    }

    /** By hand: output row o of n reads the source at (o + 0.5) * L / n - 0.5. */
    @Test
    void tablesAreResampledLinearlyAlongTheirRows() {
        HostTensor table = HostTensor.of(new float[] {0, 10, 4, 20, 8, 60}, 3, 2);
        assertArrayEquals(
                new float[] {0, 10, 1.6f, 14, 4, 20, 6.4f, 44, 8, 60},
                RelativePositions.resample(table, 5).toFloats(),
                1e-5f);
        assertArrayEquals(
                new float[] {4, 20}, RelativePositions.resample(table, 1).toFloats(), 1e-6f);
        assertArrayEquals(
                new float[] {3, 3, 3},
                RelativePositions.resample(HostTensor.of(new float[] {3}, 1, 1), 3)
                        .toFloats());
    }

    @Test
    void anImageOfAnotherSizeIsRefused() {
        for (long[] dims : new long[][] {{1, 3, 20, 16}, {1, 1, 20, 12}, {3, 20, 12}}) {
            String message = assertThrows(
                            IllegalArgumentException.class,
                            () -> embed(reference, file, Tiny.input("image", dims), DType.F32))
                    .getMessage();
            assertTrue(message.startsWith("SAM image: expected [B, 3, 20, 12], got"), message);
        }
    }

    @Test
    void missingAndMisshapenTensorsAreNamedAndFurtherOnesAreNot() {
        Map<String, HostTensor> tensors = Tiny.renamed(file, key -> key);
        tensors.put("image_encoder.extra", Filler.tensor("x", 2));
        tensors.put("pixel_mean", Filler.tensor("x", 3, 1, 1));
        float[] expected = embed(reference, file, IMAGE, DType.F32);
        assertArrayEquals(expected, embed(reference, Weights.of("more", tensors), IMAGE, DType.F32));

        tensors.remove("image_encoder.blocks.2.mlp.lin2.bias");
        tensors.put("image_encoder.pos_embed", Filler.tensor("x", 1, 4, 3, 24));
        String message = assertThrows(
                        WeightsException.class, () -> embed(reference, Weights.of("file", tensors), IMAGE, DType.F32))
                .getMessage();
        assertTrue(message.contains("got 1 missing, 1 of another shape or type, 0 unexpected"), message);
        assertTrue(message.contains("image_encoder.blocks.2.mlp.lin2.bias"), message);
        assertTrue(message.contains("expected [1, 5, 3, 24], got [1, 4, 3, 24]"), message);
        assertTrue(message.contains("this looks like SAM of width 24 and depth 3"), message);
    }
}
