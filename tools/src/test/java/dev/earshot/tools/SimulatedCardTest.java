package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.tools.parity.SimulatedCard;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Whole commands on the simulated card give what they give on the CPU: a clip's masks, and five steps of training. */
class SimulatedCardTest {
    /** Relative: rounding of fp32, which the steps of Adam carry on. */
    private static final double TOLERANCE = 1e-4;

    @TempDir
    private Path folder;

    @BeforeEach
    void require() {
        SimulatedCard.require();
    }

    private static void run(Object... arguments) {
        StringWriter output = new StringWriter();
        CommandLine command = Main.commandLine().setOut(new PrintWriter(output)).setErr(new PrintWriter(output));
        int status =
                command.execute(Arrays.stream(arguments).map(String::valueOf).toArray(String[]::new));
        assertEquals(ExitCodes.OK, status, output::toString);
    }

    @Test
    void aClipIsOutlinedAsOnTheCpu() throws IOException {
        for (String device : List.of("cpu", SimulatedCard.NAME)) {
            run("segment", "../samples/one-sounds.mp4", "--device", device, "--out", folder.resolve(device), "--quiet");
        }
        List<Path> masks;
        try (Stream<Path> files = Files.list(folder.resolve("cpu/one-sounds/masks"))) {
            masks = files.toList();
        }
        assertEquals(5, masks.size());
        for (Path mask : masks) {
            Path other = folder.resolve(SimulatedCard.NAME)
                    .resolve(folder.resolve("cpu").relativize(mask));
            assertArrayEquals(Files.readAllBytes(mask), Files.readAllBytes(other), mask.toString());
        }
    }

    @Test
    void fiveStepsOfTrainingGoAsOnTheCpu() throws IOException {
        Path data = folder.resolve("data");
        run(
                "demo-world",
                "--split",
                "train",
                "--clips",
                12,
                "--seed",
                5,
                "--layout",
                "training",
                "--size",
                224,
                "--out",
                data);
        for (String device : List.of("cpu", SimulatedCard.NAME)) {
            run(
                    "train",
                    "moca",
                    "--data",
                    data,
                    "--out",
                    folder.resolve(device),
                    "--device",
                    device,
                    "--steps",
                    5,
                    "--batch",
                    2,
                    "--neighbours",
                    3,
                    "--log-every",
                    1,
                    "--lr",
                    1e-3,
                    "--quiet");
        }
        List<String> expected = Files.readAllLines(folder.resolve("cpu/log.jsonl"));
        List<String> got = Files.readAllLines(folder.resolve(SimulatedCard.NAME).resolve("log.jsonl"));
        assertEquals(expected.size(), got.size());
        ObjectMapper json = new ObjectMapper();
        int steps = 0;
        for (int i = 0; i < expected.size(); i++) {
            JsonNode want = json.readTree(expected.get(i));
            JsonNode have = json.readTree(got.get(i));
            for (String figure : List.of("loss", "c_pos", "c_neg", "grad_norm")) {
                if (want.has(figure)) {
                    double value = want.get(figure).asDouble();
                    assertEquals(
                            value, have.get(figure).asDouble(), TOLERANCE * Math.abs(value), figure + " of " + want);
                }
            }
            steps += want.has("loss") ? 1 : 0;
        }
        assertTrue(steps >= 5, "expected 5 logged steps, got " + steps);
    }
}
