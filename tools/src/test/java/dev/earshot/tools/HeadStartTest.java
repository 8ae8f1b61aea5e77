package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class HeadStartTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private Path picture;
    private Path sound;

    @BeforeEach
    void input() throws IOException {
        BufferedImage image = new BufferedImage(90, 70, BufferedImage.TYPE_INT_RGB);
        for (int y = 20; y < 50; y++) {
            for (int x = 30; x < 60; x++) {
                image.setRGB(x, y, (x / 4 + y / 4) % 2 == 0 ? 0x20c040 : 0xffffff);
            }
        }
        picture = folder.resolve("shape.png");
        ImageIO.write(image, "png", picture.toFile());
        sound = folder.resolve("tone.wav");
        float[] samples = new float[32_000];
        for (int i = 0; i < samples.length; i++) {
            samples[i] = (float) (0.3 * Math.sin(i * 0.2));
        }
        WavFiles.write(sound, Waveform.mono(samples, 16_000), WavFiles.Encoding.PCM16);
    }

    private String[] command(String out, String... more) {
        List<String> words = new ArrayList<>(List.of(
                "segment",
                picture.toString(),
                "--audio",
                sound.toString(),
                "--out",
                folder.resolve(out).toString()));
        words.addAll(List.of("--quiet", "--masks-only"));
        words.addAll(Arrays.asList(more));
        return words.toArray(String[]::new);
    }

    private JsonNode run(String out, String... more) throws IOException {
        CommandLine line = Main.commandLine();
        StringWriter err = new StringWriter();
        line.setErr(new PrintWriter(err, true));
        assertEquals(ExitCodes.OK, line.execute(command(out, more)), err::toString);
        return JSON.readTree(folder.resolve(out).resolve("shape/result.json").toFile());
    }

    private byte[] mask(String out) throws IOException {
        return Files.readAllBytes(folder.resolve(out).resolve("shape/masks/00000.png"));
    }

    @Test
    void onlyWordsThatLeaveTheNetworksAloneArePlain() {
        assertTrue(HeadStart.isPlain("segment", "a.mp4", "--out", "d"));
        assertTrue(HeadStart.isPlain("segment", "--fps=2", "--quiet", "a.mp4", "b.mp4", "--out=d", "--audio", "w.wav"));
        assertFalse(HeadStart.isPlain("segment"));
        assertFalse(HeadStart.isPlain("segment", "--help"));
        assertFalse(HeadStart.isPlain("sam", "a.png", "--out", "d"));
        for (String option :
                List.of("--weights=w", "--device", "--precision", "--method", "--clusters", "--proposals")) {
            assertFalse(HeadStart.isPlain("segment", "a.mp4", "--out", "d", option, "x"), option);
        }
    }

    @Test
    void masksAreTheSameWithIt() throws IOException {
        JsonNode without = run("without");
        assertTrue(HeadStart.begin(command("with")));
        JsonNode with = run("with");

        assertArrayEquals(mask("without"), mask("with"));
        for (String field : List.of("method", "settings", "weights", "frames")) {
            JsonNode expected = without.path(field);
            assertFalse(expected.isMissingNode(), field);
            if (field.equals("frames")) {
                assertEquals(
                        expected.path(0).path("score"), with.path(field).path(0).path("score"));
            } else {
                assertEquals(expected, with.path(field), field);
            }
        }
    }

    @Test
    void aGuessThatTheOptionsDoNotBearOutIsDropped() throws IOException {
        String[] different = {"--clusters", "2"};
        JsonNode without = run("without", different);
        assertTrue(HeadStart.begin(command("with")));
        JsonNode with = run("with", different);

        assertEquals("2", with.path("settings").path("clusters").asText());
        assertEquals(without.path("settings"), with.path("settings"));
        assertArrayEquals(mask("without"), mask("with"));
    }

    @Test
    void itIsTakenOnce() throws IOException {
        assertTrue(HeadStart.begin(command("first")));
        run("first");
        run("second");

        assertArrayEquals(mask("first"), mask("second"));
    }
}
