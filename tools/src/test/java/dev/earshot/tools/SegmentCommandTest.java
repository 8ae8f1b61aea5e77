package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.output.CocoRle;
import dev.earshot.segmentation.output.MaskPng;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SegmentCommandTest {
    private static final ObjectMapper JSON = new ObjectMapper();

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

    /** A picture with a sound of {@code seconds} beside it, the last second silent. */
    private Path picture(String name, int seconds) throws IOException {
        BufferedImage image = new BufferedImage(90, 70, BufferedImage.TYPE_INT_RGB);
        for (int y = 20; y < 50; y++) {
            for (int x = 30; x < 60; x++) {
                image.setRGB(x, y, (x / 4 + y / 4) % 2 == 0 ? 0x20c040 : 0xffffff);
            }
        }
        Path file = folder.resolve(name + ".png");
        ImageIO.write(image, "png", file.toFile());
        float[] sound = new float[seconds * 16_000];
        for (int i = 0; i < sound.length - 16_000; i++) {
            sound[i] = (float) (0.3 * Math.sin(i * 0.2));
        }
        WavFiles.write(folder.resolve(name + ".wav"), Waveform.mono(sound, 16_000), WavFiles.Encoding.PCM16);
        return file;
    }

    private static List<String> files(Path folder) throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void writesMasksResultOverlayAndContactSheet() throws IOException {
        Path results = folder.resolve("out");

        assertEquals(ExitCodes.OK, run("segment", picture("one", 3), "--out", results), err::toString);

        assertEquals(
                List.of(
                        "one/contact.png",
                        "one/masks/00000.png",
                        "one/masks/00001.png",
                        "one/masks/00002.png",
                        "one/overlay.mp4",
                        "one/result.json"),
                files(results));
        JsonNode json = JSON.readTree(results.resolve("one/result.json").toFile());
        assertEquals("moca", json.path("method").asText());
        assertEquals("4", json.path("settings").path("clusters").asText());
        assertEquals(64, json.path("weights").path(0).path("sha256").asText().length());
        assertTrue(json.path("totalMillis").path("networks").asDouble() > 0);
        assertEquals(3, json.path("frames").size());
        for (JsonNode frame : json.path("frames")) {
            BinaryMask mask = MaskPng.read(
                    results.resolve("one").resolve(frame.path("mask").asText()));
            String counts = frame.path("segmentation").path("counts").asText();
            assertEquals(mask, CocoRle.parse(70, 90, counts).toMask());
            assertEquals(mask.area(), frame.path("area").asLong());
        }
        JsonNode last = json.path("frames").path(2);
        assertTrue(last.path("silent").asBoolean());
        assertTrue(last.path("loudnessDbfs").isNull());
        assertTrue(err.toString().contains("demo weights"), err.toString());
        assertEquals(
                1,
                err.toString()
                        .lines()
                        .filter(line -> line.startsWith("earshot ") && line.contains(" on c"))
                        .count(),
                err.toString());
    }

    @Test
    void proposalsAreNamedInTheResult() throws IOException {
        Path image = picture("one", 1);
        Path results = folder.resolve("out");
        assertEquals(
                ExitCodes.OK, run("segment", image, "--out", results, "--masks-only", "--proposals", "colour-regions"));
        JsonNode json = JSON.readTree(results.resolve("one/result.json").toFile());
        assertEquals("colour-regions", json.path("settings").path("proposals").asText());
        assertEquals("0.5", json.path("settings").path("matchThreshold").asText());
        assertEquals(ExitCodes.USAGE, run("segment", image, "--out", results, "--proposals", "squares"));
        assertTrue(err.toString().contains("colour-regions"), err.toString());
    }

    @Test
    void proposalsOfSamComeWithTheirSettings() throws IOException {
        Path image = picture("one", 1);
        Path results = folder.resolve("out");
        Object[] base = {"segment", image, "--out", results, "--masks-only", "--proposals"};
        Object[] more = {
            "sam",
            "--points-per-side",
            4,
            "--match-threshold",
            0.6,
            "--match-references",
            "clusters",
            "--match-fallback",
            "empty"
        };
        assertEquals(
                ExitCodes.OK,
                run(Stream.concat(Stream.of(base), Stream.of(more)).toArray()),
                err::toString);
        JsonNode json = JSON.readTree(results.resolve("one/result.json").toFile());
        JsonNode settings = json.path("settings");
        assertEquals("sam", settings.path("proposals").asText());
        assertEquals("sam-demo.safetensors", settings.path("samFile").asText());
        assertEquals("4", settings.path("points_per_side").asText());
        assertEquals("0.7", settings.path("box_nms_thresh").asText());
        assertEquals("0.6", settings.path("matchThreshold").asText());
        assertEquals("clusters", settings.path("matchReferences").asText());
        assertEquals("empty", settings.path("matchFallback").asText());
        assertEquals(List.of("imagebind", "sam"), json.path("weights").findValuesAsText("role"));
        assertTrue(err.toString().contains("SAM's demo weights"), err.toString());

        assertEquals(ExitCodes.ENVIRONMENT, run("segment", image, "--out", results, "--proposals", "hq-sam"));
        assertTrue(err.toString().contains("no demo weights of HQ-SAM exist"), err.toString());
        assertEquals(ExitCodes.USAGE, run("segment", image, "--out", results, "--match-threshold", 1));
        assertEquals(
                ExitCodes.USAGE,
                run("segment", image, "--out", results, "--proposals", "sam", "--points-per-side", -1));
    }

    @Test
    void samBindSaysWhatItChoseAmong() throws IOException {
        Path image = picture("one", 3);
        Path results = folder.resolve("out");
        Object[] method = {
            "--method", "sam-bind", "--points-per-side", 8, "--pred-iou-thresh", 0.3, "--score-scale", "minmax"
        };
        Object[] base = {"segment", image, "--out", results, "--stability-score-thresh", 0.5};
        assertEquals(
                ExitCodes.OK,
                run(Stream.concat(Stream.of(base), Stream.of(method)).toArray()),
                err::toString);
        JsonNode json = JSON.readTree(results.resolve("one/result.json").toFile());
        assertEquals("sam-bind", json.path("method").asText());
        JsonNode settings = json.path("settings");
        assertEquals("0.5", settings.path("box_nms_thresh").asText());
        assertEquals("minmax", settings.path("scoreScale").asText());
        assertEquals("0.7", settings.path("tauBind").asText());
        assertEquals("rms below 1.0E-4", settings.path("silenceGate").asText());
        JsonNode first = json.path("frames").path(0);
        assertTrue(first.path("regions").size() > 0, "no proposals");
        for (JsonNode region : first.path("regions")) {
            assertEquals(
                    region.path("scaledScore").asDouble() > 0.7,
                    region.path("selected").asBoolean());
            assertEquals(4, region.path("box").size());
        }
        assertTrue(first.path("area").asLong() > 0);
        assertTrue(json.path("frames").path(2).path("silent").asBoolean());
        assertEquals(0, json.path("frames").path(2).path("area").asLong());
        assertTrue(Files.exists(results.resolve("one/contact.png")));

        assertEquals(
                ExitCodes.USAGE,
                run("segment", image, "--out", results, "--method", "sam-bind", "--proposals", "none"));
        assertTrue(err.toString().contains("expected --proposals"), err.toString());
        assertEquals(ExitCodes.USAGE, run("segment", image, "--out", results, "--method", "sam-bind", "--max-area", 0));
        assertEquals(
                ExitCodes.USAGE,
                run("segment", image, "--out", results, "--method", "sam-bind", "--crop-mode", "zoom"));
    }

    @Test
    void oneBadInputIsReportedAndTheRestGoesOn() throws IOException {
        Path garbage = folder.resolve("garbage.mp4");
        Files.write(garbage, new byte[] {1, 2, 3});
        Path results = folder.resolve("out");

        int status = run(
                "segment",
                garbage,
                picture("good", 1),
                folder.resolve("no.mp4"),
                "--out",
                results,
                "--json",
                "--masks-only");

        assertEquals(ExitCodes.FAILED_INPUTS, status);
        List<String> lines = out.toString().lines().toList();
        assertEquals(3, lines.size(), out::toString);
        assertEquals("failed", JSON.readTree(lines.get(0)).path("status").asText());
        assertEquals("ok", JSON.readTree(lines.get(1)).path("status").asText());
        assertEquals("failed", JSON.readTree(lines.get(2)).path("status").asText());
        assertTrue(err.toString().contains("garbage.mp4"), err.toString());
        assertTrue(err.toString().contains("2 of 3 inputs failed"), err.toString());
        assertEquals(List.of("good/masks/00000.png", "good/result.json"), files(results));
    }

    @Test
    void inputsOfOneNameGetFoldersOfTwoAndEarlierResultsAreReplaced() throws IOException {
        Path results = folder.resolve("out");
        Path input = picture("same", 1);
        Path stale = results.resolve("same/masks/99999.png");
        Files.createDirectories(stale.getParent());
        Files.writeString(stale, "old");
        Files.writeString(results.resolve("same/result.json"), "{}");

        assertEquals(ExitCodes.OK, run("segment", input, input, "--out", results, "--masks-only", "--quiet"));

        assertEquals(
                List.of("same-2/masks/00000.png", "same-2/result.json", "same/masks/00000.png", "same/result.json"),
                files(results));
        assertEquals("", out.toString() + err);
    }

    @Test
    void foldersThatHoldSomethingElseAreLeftAlone() throws IOException {
        Path results = folder.resolve("out");
        Path precious = results.resolve("mine/letter.txt");
        Files.createDirectories(precious.getParent());
        Files.writeString(precious, "dear");

        assertEquals(ExitCodes.FAILED_INPUTS, run("segment", picture("mine", 1), "--out", results, "--masks-only"));

        assertEquals(List.of("mine/letter.txt"), files(results));
        assertTrue(err.toString().contains("--out"), err.toString());
    }

    @Test
    void pairsNamedWithAPlusAndSoundForAllInputs() throws IOException {
        Path image = picture("pair", 1);
        Path sound = folder.resolve("elsewhere.wav");
        Files.move(folder.resolve("pair.wav"), sound);
        Path results = folder.resolve("out");

        assertEquals(ExitCodes.FAILED_INPUTS, run("segment", image, "--out", results));
        assertTrue(err.toString().contains("--audio"), err.toString());
        assertEquals(ExitCodes.OK, run("segment", image + "+" + sound, "--out", results, "--masks-only"));
        assertEquals(ExitCodes.OK, run("segment", image, "--audio", sound, "--out", results, "--masks-only"));
    }

    @Test
    void missingWeightsAreTheEnvironmentsFaultAndBadOptionsTheUsers() throws IOException {
        Path image = picture("any", 1);
        Path nothing = Files.createDirectory(folder.resolve("nothing"));
        assertEquals(ExitCodes.ENVIRONMENT, run("segment", image, "--out", folder.resolve("o"), "--weights", nothing));
        assertTrue(err.toString().contains("imagebind_huge.safetensors"), err.toString());
        assertEquals(ExitCodes.USAGE, run("segment", image));
        assertEquals(ExitCodes.USAGE, run("segment", image, "--out", folder, "--fps", "0"));
        assertEquals(ExitCodes.USAGE, run("segment", image, "--out", folder, "--precision", "fp8"));
        assertEquals(ExitCodes.USAGE, run("segment", image, "--out", folder, "--clusters", "0"));
        assertFalse(Files.exists(folder.resolve("o")));
    }
}
