package dev.earshot.bench.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.models.Filler;
import dev.earshot.tensor.DType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SideBySideTest {
    @TempDir
    Path temporary;

    private static String[] serve(Workload workload, String commands) throws IOException {
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(answers, true, StandardCharsets.UTF_8);
        try (SideBySide side = new SideBySide(workload, file -> new OnnxWorkload(file, 1, 1, 3, 4, 4), out)) {
            side.serve(new ByteArrayInputStream(commands.getBytes(StandardCharsets.UTF_8)));
        }
        return answers.toString(StandardCharsets.UTF_8).split("\n");
    }

    @Test
    void answersEveryCommandWithOneLine() throws IOException {
        Path output = temporary.resolve("output.bin");
        try (Workload workload = new KMeansWorkload("cpu:1", 1)) {
            String[] answers = serve(workload, "warm 1\nround 2\noutput " + output + "\nquit\nround 1\n");
            assertEquals(4, answers.length, "ready, warm, round and output, and nothing after quit");
            JsonNode ready = new ObjectMapper().readTree(answers[0]);
            assertEquals(
                    System.getProperty("java.version"),
                    ready.get("ready").get("java").asText());
            assertEquals(
                    2, new ObjectMapper().readTree(answers[2]).get("millis").size());
        }
        // Row i was made around centre i modulo 4, so the first row of its cluster is row i modulo 4.
        ByteBuffer values = ByteBuffer.wrap(Files.readAllBytes(output)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(KMeansWorkload.ROWS * Float.BYTES, values.capacity());
        for (int row = 0; row < KMeansWorkload.ROWS; row++) {
            assertEquals(row % 4, values.getFloat(), "row " + row);
        }
    }

    /** The peer's graph is a rectifier, so its result is the filler's image without the negative values. */
    @Test
    void onnxRuntimeRunsInTheSameProcessAndAnswersForItself() throws IOException {
        Path graph = Files.write(temporary.resolve("rectifier.onnx"), OnnxGraph.ofOneOperation("Relu"));
        Path output = temporary.resolve("output.bin");
        try (Workload workload = new KMeansWorkload("cpu:1", 1)) {
            String[] answers = serve(
                    workload, "peer/open " + graph + "\npeer/warm 1\npeer/round 3\nround 1\npeer/output " + output);
            assertEquals(6, answers.length);
            ObjectMapper json = new ObjectMapper();
            assertTrue(json.readTree(answers[1]).get("ready").has("onnxruntime"), answers[1]);
            assertEquals(3, json.readTree(answers[3]).get("millis").size());
            assertEquals(1, json.readTree(answers[4]).get("millis").size());
        }
        float[] image = Filler.tensor("input.image", 1, 3, 4, 4).toFloats();
        ByteBuffer values = ByteBuffer.wrap(Files.readAllBytes(output)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(image.length * Float.BYTES, values.capacity());
        for (float pixel : image) {
            assertEquals(Math.max(pixel, 0), values.getFloat());
        }
    }

    @Test
    void aPeerThatDoesNotOpenLeavesOurWorkloadAlone() throws IOException {
        Path graph = Files.writeString(temporary.resolve("broken.onnx"), "no graph at all");
        try (Workload workload = new KMeansWorkload("cpu:1", 1)) {
            String[] answers = serve(workload, "peer/open " + graph + "\nround 1");
            assertTrue(answers[1].contains("failure") && answers[1].contains("broken.onnx"), answers[1]);
            assertEquals(
                    1, new ObjectMapper().readTree(answers[2]).get("millis").size());
        }
    }

    @Test
    void pixelMatchingGivesCostsAndGradientsFromZeroInEveryRun() {
        try (Workload workload = new MatchingWorkload("cpu:1", "pma-scanline", 1)) {
            workload.run();
            float[] first = workload.output();
            workload.run();
            assertEquals(2 + 3 * 16 * 16 * 1280, first.length);
            assertArrayEquals(first, workload.output());
            // Features of mean square 1 without relation: an SSD and a 1 - NCC of about 1, the least of 16 a little
            // below.
            assertEquals(1.9, first[0], 0.1);
        }
        assertThrows(IllegalArgumentException.class, () -> new MatchingWorkload("cpu:1", "pma-other", 1));
    }

    /** Scores of bench/peers/moca_clip.py for the same frames; shares of a frame add up to 1. */
    @Test
    void aClipGivesThePyTorchTwinsScoresAndMasks() {
        try (Workload workload = new ClipWorkload("cpu:1", 1, 1, DType.F32)) {
            workload.run();
            float[] output = workload.output();
            int clusters = 4;
            int figures = 2 * clusters;
            assertEquals(figures + ClipWorkload.WIDTH * ClipWorkload.HEIGHT, output.length);
            float[] scores = {0.044670977f, -0.024805058f, 0.00094865728f, -0.010900620f};
            float[] shares = {69 / 256f, 89 / 256f, 47 / 256f, 51 / 256f};
            assertArrayEquals(scores, Arrays.copyOf(output, clusters), 1e-5f);
            assertArrayEquals(shares, Arrays.copyOfRange(output, clusters, figures), 1e-6f);
            double sounding = 0;
            for (int i = figures; i < output.length; i++) {
                sounding += output[i];
            }
            assertEquals(91_230, sounding, 100);
            // The blocks' linear layers of 12 D^2 parameters are most of the work, 2 operations per token each.
            double blocks = 2.0 * 12 * (257 * 1280 * 1280 + 229 * 768 * 768);
            assertEquals(1.15 * blocks, (double) workload.facts().get("flops"), 0.15 * blocks);
        }
    }

    /** What bench/peers/sam_decoder.py predicts for the same points. */
    @Test
    void samsDecoderGivesMasksAndThePredictedIouOfPyTorch() {
        int logits = 2 * 3 * 256 * 256;
        try (Workload workload = new SamPeerWorkload("cpu:1", "sam-decoder", 2, 0, DType.F32)) {
            workload.run();
            float[] output = workload.output();
            assertEquals(logits + 6, output.length);
            float[] iou = {0.5027f, -1.1746f, -0.1566f, 0.3761f, -0.9315f, -0.1269f};
            assertArrayEquals(iou, Arrays.copyOfRange(output, logits, output.length), 1e-3f);
        }
    }

    @Test
    void unknownCommandsAndOptionsAreNamed() {
        try (Workload workload = new KMeansWorkload("cpu:1", 1)) {
            IOException command = assertThrows(IOException.class, () -> serve(workload, "dance\n"));
            assertEquals("unknown command: dance", command.getMessage());
        }
        assertThrows(IllegalArgumentException.class, () -> SideBySide.main(new String[] {"--colour=red"}));
    }
}
