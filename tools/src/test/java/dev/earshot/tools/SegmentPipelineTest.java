package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Several clips in one call, whose stages overlap. */
class SegmentPipelineTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path SAMPLES = Path.of("..", "samples");

    @TempDir
    private Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(Object... args) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(Stream.of(args).map(Object::toString).toArray(String[]::new));
    }

    private List<JsonNode> lines() throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : out.toString().lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }

    @Test
    void clipsInOneCallGiveWhatTheyGiveAlone() throws IOException {
        Path one = SAMPLES.resolve("one-sounds.mp4");
        Path several = SAMPLES.resolve("several-sound.mp4");
        Path together = folder.resolve("together");
        int status =
                run("segment", one, folder.resolve("missing.mp4"), several, "--out", together, "--json", "--timings");
        assertEquals(ExitCodes.FAILED_INPUTS, status, err::toString);
        List<JsonNode> lines = lines();
        assertEquals(
                List.of("ok", "failed", "ok", "summary"),
                lines.stream().map(line -> line.path("status").asText()).toList());
        assertEquals(
                1,
                err.toString()
                        .lines()
                        .filter(line -> line.contains("missing.mp4"))
                        .count(),
                err::toString);
        checkStages(lines.get(0).path("stages"));
        checkStages(lines.get(3).path("stages"));
        assertEquals(10, lines.get(3).path("frames").asInt());

        for (Path sample : List.of(one, several)) {
            Path alone = folder.resolve("alone");
            assertEquals(ExitCodes.OK, run("segment", sample, "--out", alone, "--quiet", "--masks-only"));
            String name = sample.getFileName().toString().replace(".mp4", "");
            for (int i = 0; i < 5; i++) {
                String mask = "%s/masks/0000%d.png".formatted(name, i);
                assertArrayEquals(
                        Files.readAllBytes(alone.resolve(mask)), Files.readAllBytes(together.resolve(mask)), mask);
            }
        }
        assertTrue(err.toString().contains("the slowest stage is"), err::toString);
        assertEquals(
                List.of(),
                Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .filter(thread -> thread.equals("earshot-decoder") || thread.equals("earshot-writer"))
                        .toList());
    }

    private static void checkStages(JsonNode stages) {
        double wall = stages.path("wallSeconds").asDouble();
        assertTrue(wall > 0);
        double longest = 0;
        for (String name : List.of("decode", "compute", "write")) {
            JsonNode stage = stages.path(name);
            double parts = 0;
            for (JsonNode part : stage.path("parts")) {
                parts += part.asDouble();
            }
            double busy = stage.path("busySeconds").asDouble();
            assertEquals(busy, parts, 1e-4, name);
            assertTrue(busy > 0, name);
            assertEquals(Math.max(0, wall - busy), stage.path("waitingSeconds").asDouble(), 1e-4, name);
            longest = Math.max(longest, busy);
        }
        String slowest = stages.path("bottleneck").asText();
        assertEquals(longest, stages.path(slowest).path("busySeconds").asDouble());
    }
}
