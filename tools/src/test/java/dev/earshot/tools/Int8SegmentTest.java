package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.output.MaskPng;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code --precision int8} from the command line: what it changes in the masks, what it writes, what it refuses. */
class Int8SegmentTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path SAMPLE = Path.of("..", "samples", "one-sounds.mp4");

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();

    private int run(Object... args) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(new StringWriter(), true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(Stream.of(args).map(Object::toString).toArray(String[]::new));
    }

    private JsonNode segment(String precision) throws IOException {
        Path results = folder.resolve(precision);
        int exit =
                run("segment", SAMPLE, "--out", results, "--masks-only", "--device", "cpu", "--precision", precision);
        assertEquals(ExitCodes.OK, exit, err::toString);
        return JSON.readTree(results.resolve("one-sounds/result.json").toFile());
    }

    private BinaryMask mask(String precision, JsonNode frame) throws IOException {
        return MaskPng.read(folder.resolve(precision)
                .resolve("one-sounds")
                .resolve(frame.path("mask").asText()));
    }

    @Test
    void masksOfASampleClipStayWithinTwoPercentOfFp32() throws IOException {
        JsonNode exact = segment("fp32");
        JsonNode quantised = segment("int8");

        double sum = 0;
        int frames = 0;
        for (JsonNode frame : exact.path("frames")) {
            BinaryMask expected = mask("fp32", frame);
            BinaryMask got = mask("int8", quantised.path("frames").path(frames));
            sum += expected.area() == 0 && got.area() == 0 ? 1 : expected.iou(got);
            frames++;
        }
        assertTrue(frames >= 3, "frames " + frames);
        assertTrue(sum / frames >= 0.98, "mean IoU %.4f".formatted(sum / frames));
        assertEquals("int8", quantised.path("settings").path("precision").asText());
        assertEquals("fp32", exact.path("settings").path("precision").asText());
        assertEquals("cpu:int8", quantised.path("device").path("backend").asText());
        assertNotEquals(scores(exact), scores(quantised), "nothing was quantised");
    }

    private static String scores(JsonNode result) {
        StringBuilder all = new StringBuilder();
        result.path("frames").forEach(frame -> all.append(frame.path("score")));
        return all.toString();
    }

    @Test
    void trainingInInt8IsRefused() {
        assertEquals(
                ExitCodes.USAGE,
                run("train", "moca", "--data", folder, "--out", folder.resolve("run"), "--precision", "int8"),
                err::toString);
        assertTrue(err.toString().contains("gradients do not pass through int8 weights"), err::toString);
    }

    @Test
    void int8OnACardIsRefused() {
        assertEquals(
                ExitCodes.USAGE,
                run("segment", SAMPLE, "--out", folder, "--device", "simcuda", "--precision", "int8"),
                err::toString);
        assertTrue(err.toString().contains("expected the CPU, got --device simcuda"), err::toString);
    }
}
