package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.tools.segment.WeightsInUse;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DemoCommandTest {
    @TempDir
    private Path out;

    private final StringWriter stdout = new StringWriter();
    private final StringWriter stderr = new StringWriter();

    private int run(Object... args) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(stdout, true));
        line.setErr(new PrintWriter(stderr, true));
        return line.execute(Stream.of(args).map(Object::toString).toArray(String[]::new));
    }

    /** The cells of a printed row: mIoU and F on S4-like clips, then on MS3-like ones. */
    private List<String> row(String method) {
        return stdout.toString()
                .lines()
                .filter(line -> line.startsWith(method + "  "))
                .findFirst()
                .map(line -> List.of(line.substring(method.length()).trim().split(" +")))
                .orElseThrow(() -> new AssertionError("no row of " + method + " in " + stdout));
    }

    private List<String> evaluated(String benchmark, Object... more) throws IOException {
        Path folder = out.resolve(benchmark + more.length);
        Object[] base = {"eval", benchmark, "--data", out.resolve("clips-seed4-2"), "--out", folder, "--quiet"};
        assertEquals(
                ExitCodes.OK,
                run(Stream.concat(Stream.of(base), Stream.of(more)).toArray()),
                stderr::toString);
        JsonNode figures = new ObjectMapper()
                .readTree(folder.resolve("metrics.json").toFile())
                .path("figures");
        return Stream.of("miou", "fscore")
                .map(name -> String.format(
                        java.util.Locale.ROOT, "%.3f", figures.path(name).asDouble()))
                .toList();
    }

    @Test
    void rowsAreTheFiguresOfEvalOnTheSameClips() throws IOException {
        assertEquals(ExitCodes.OK, run("demo", "--clips", 2, "--seed", 4, "--out", out, "--quiet"), stderr::toString);

        List<String> raw = row("frozen features");
        List<String> matched = row("frozen features + colour regions");
        assertEquals(evaluated("s4"), raw.subList(0, 2));
        assertEquals(evaluated("ms3"), raw.subList(2, 4));
        Object[] proposals = {"--proposals", "colour-regions"};
        assertEquals(evaluated("s4", proposals), matched.subList(0, 2));
        assertEquals(evaluated("ms3", proposals), matched.subList(2, 4));
        Object[] generator = {"--proposals", "sam", "--points-per-side", DemoCommand.POINTS_PER_SIDE};
        Object[] sam = concat(generator, "--box-nms-thresh", 0.5);
        assertEquals(
                evaluated("s4", sam), row("frozen features + SAM proposals").subList(0, 2));
        assertEquals(
                evaluated("ms3", concat(generator, "--method", "sam-bind")),
                row("SAM-BIND").subList(2, 4));
        if (WeightsInUse.hasDemoAdapters()) {
            Object[] adapters = {"--adapters", "demo", "--split", "test"};
            assertEquals(evaluated("s4", adapters), row("MoCA").subList(0, 2));
        } else {
            assertTrue(stdout.toString().contains("ships no trained adapters"), stdout.toString());
        }
        Path page = out.resolve("report.html");
        assertTrue(stdout.toString().lines().anyMatch(page.toAbsolutePath().toString()::equals), stdout.toString());
        assertTrue(Files.readString(page).contains("frozen features + colour regions"));
    }

    private static Object[] concat(Object[] first, Object... more) {
        return Stream.concat(Stream.of(first), Stream.of(more)).toArray();
    }

    @Test
    void wrongNumbersAreRefused() {
        assertEquals(ExitCodes.USAGE, run("demo", "--clips", 0, "--out", out));
        assertEquals(ExitCodes.USAGE, run("demo", "--seed", -1, "--out", out));
        assertTrue(stderr.toString().contains("--clips: expected 1 to"), stderr.toString());
    }
}
