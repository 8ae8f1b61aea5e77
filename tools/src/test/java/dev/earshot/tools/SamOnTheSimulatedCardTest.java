package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.models.Filler;
import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamImageEncoder;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tools.parity.SimulatedCard;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Segment Anything on the simulated card: a captured pass over one picture holds for the next, and all gives what the CPU
 * gives. Windows of 3 leave the grid of 5 x 7 at both borders; the last block is global.
 */
class SamOnTheSimulatedCardTest {
    private static final SamGrid GRID = new SamGrid(5, 7, 4);
    private static final SamConfig.Encoder ENCODER = new SamConfig.Encoder(32, 2, 2, 64, 3, List.of(1), 16);
    private static final SamConfig.Decoder DECODER = new SamConfig.Decoder(16, 4, 2, 2, 32, 2, 16, 3, 3);

    /** Relative to the largest number: rounding of fp32 through all layers. */
    private static final double TOLERANCE = 1e-4;

    /** Of bf16 operands, with 8 digits. */
    private static final double BF16_TOLERANCE = 0.05;

    @BeforeEach
    void require() {
        SimulatedCard.require();
    }

    private static HostTensor picture(String name) {
        return Filler.tensor(name, 1, 3, GRID.imageHeight(), GRID.imageWidth());
    }

    /** Embeddings of the pictures, each by one replay of a pass that was captured over another one. */
    private static List<float[]> replayed(String device, DType compute, List<HostTensor> pictures) {
        List<float[]> embeddings = new ArrayList<>();
        try (Backend backend = Backends.open(device);
                ParameterScope scope = backend.parameters();
                Workspace memory = backend.workspace(1 << 20)) {
            SamImageEncoder encoder =
                    SamImageEncoder.load(scope, SamImageEncoder.filler(GRID, ENCODER), GRID, ENCODER, compute);
            Tensor image = backend.upload(memory, picture("input.captured"), DType.F32);
            Tensor[] embedding = new Tensor[1];
            try (Program program = backend.capture(b -> embedding[0] = encoder.embed(b, memory, image))) {
                for (HostTensor picture : pictures) {
                    backend.upload(picture, image);
                    program.run();
                    embeddings.add(backend.download(embedding[0]));
                }
            }
        }
        return embeddings;
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "BF16"})
    void aCapturedEncoderPassHoldsForOtherPictures(DType compute) {
        List<HostTensor> pictures = List.of(picture("input.first"), picture("input.second"), picture("input.first"));
        List<float[]> card = replayed(SimulatedCard.NAME, compute, pictures);
        List<float[]> cpu = replayed("cpu", DType.F32, pictures);
        assertArrayEquals(card.get(0), card.get(2), "bits of the same picture");
        assertFalse(Arrays.equals(card.get(0), card.get(1)), "other pictures have other embeddings");
        for (int i = 0; i < pictures.size(); i++) {
            assertClose(cpu.get(i), card.get(i), compute == DType.F32 ? TOLERANCE : BF16_TOLERANCE, "embedding " + i);
        }
    }

    /** Logits and predicted IoUs of prompts on two pictures, decoded in passes of one prompt or all. */
    private static List<float[]> decoded(String device, boolean highQuality, long passBytes) {
        SamConfig config = new SamConfig(GRID, ENCODER, DECODER, highQuality);
        SamPrompts prompts = SamPrompts.ofPoints(new float[] {3, 4, 20, 11, 13.5f, 2.5f});
        List<float[]> results = new ArrayList<>();
        try (Backend backend = Backends.open(device);
                Sam sam = Sam.load(backend, Sam.filler(config), config, SamOptions.DEFAULT.withPassBytes(passBytes))) {
            for (String name : List.of("input.first", "input.second")) {
                try (SamEmbedding embedding = sam.embed(picture(name))) {
                    sam.decode(embedding, prompts, true, (first, logits, iou) -> {
                        results.add(backend.download(logits));
                        results.add(iou);
                    });
                }
            }
        }
        return results;
    }

    @ParameterizedTest
    @CsvSource({"false, 1", "false, 1000000000", "true, 1000000000"})
    void masksAreThoseOfTheCpu(boolean highQuality, long passBytes) {
        List<float[]> cpu = decoded("cpu", highQuality, passBytes);
        List<float[]> card = decoded(SimulatedCard.NAME, highQuality, passBytes);
        assertEquals(cpu.size(), card.size(), "results of all passes");
        for (int i = 0; i < cpu.size(); i++) {
            assertClose(cpu.get(i), card.get(i), TOLERANCE, "result " + i);
        }
    }

    private static void assertClose(float[] expected, float[] actual, double tolerance, String what) {
        assertEquals(expected.length, actual.length, what);
        double largest = 0;
        double error = 0;
        for (int i = 0; i < expected.length; i++) {
            largest = Math.max(largest, Math.abs(expected[i]));
            double difference = Math.abs(expected[i] - actual[i]);
            error = Double.isNaN(difference) ? Double.POSITIVE_INFINITY : Math.max(error, difference);
        }
        assertTrue(error <= tolerance * largest, "%s: off by %.2e of %.2e".formatted(what, error, largest));
    }
}
