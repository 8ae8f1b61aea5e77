package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.tensor.weights.Safetensors;
import dev.earshot.tensor.weights.SafetensorsWriter;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class WeightCommandsTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void checkpointBecomesSafetensors() throws IOException {
        Path source = legacyCheckpoint();
        Path target = folder.resolve("weights.safetensors");
        assertEquals(ExitCodes.OK, run("convert", source.toString(), target.toString()), err::toString);
        assertTrue(out.toString().contains("1 tensors, 8 bytes"), out::toString);
        try (Safetensors weights = Safetensors.open(target)) {
            assertArrayEquals(new float[] {1.5f, -2f}, weights.read("w").toFloats());
        }
        assertEquals(ExitCodes.FAILED_INPUTS, run("convert", source.toString(), target.toString()));
        assertTrue(err.toString().contains("--force"), err::toString);
        assertEquals(ExitCodes.OK, run("convert", "--force", source.toString(), target.toString()));
    }

    @Test
    void hostileCheckpointIsAFailedInputAndWritesNothing() throws IOException {
        Path source = folder.resolve("evil.pth");
        Files.write(source, legacy("cos\nsystem\nX\004\000\000\000exit\205R.".getBytes(StandardCharsets.ISO_8859_1)));
        Path target = folder.resolve("weights.safetensors");
        assertEquals(ExitCodes.FAILED_INPUTS, run("convert", source.toString(), target.toString()));
        assertTrue(err.toString().contains("os.system"), err::toString);
        assertFalse(Files.exists(target));
    }

    @Test
    void targetOfAnotherFormatIsAUsageError() throws IOException {
        assertEquals(ExitCodes.USAGE, run("convert", legacyCheckpoint().toString(), "weights.pth"));
    }

    @Test
    void inspectNamesModelTypesAndTensors() {
        Path file = folder.resolve("vits.safetensors");
        new SafetensorsWriter()
                .metadata("format", "pt")
                .tensor("cls_token", new float[384], 1, 1, 384)
                .tensor("blocks.0.attn.qkv.weight", new float[1], 1, 1)
                .tensor("patch_embed.proj.weight", new float[384 * 3 * 64], 384, 3, 8, 8)
                .write(file);
        assertEquals(ExitCodes.OK, run("inspect", file.toString()), err::toString);
        String text = out.toString();
        assertTrue(text.contains("model     DINO vit_small_8 (original names)"), text);
        assertTrue(text.contains("3 with 74,113 values in 296,452 bytes {F32=3}"), text);
        assertTrue(text.contains("[384, 3, 8, 8]"), text);
    }

    @Test
    void inspectWritesJson() throws IOException {
        Path file = folder.resolve("a.safetensors");
        new SafetensorsWriter()
                .metadata("k", "v\u001b")
                .tensor("a.b", new float[6], 2, 3)
                .write(file);
        Path pickled = legacyCheckpoint();
        assertEquals(ExitCodes.OK, run("inspect", "--json", file.toString(), pickled.toString()), err::toString);
        JsonNode facts = new ObjectMapper().readTree(out.toString());
        assertEquals(2, facts.size());
        assertEquals("unknown", facts.get(0).get("model").asText());
        assertEquals(3, facts.get(0).get("tensors").get(0).get("shape").get(1).asInt());
        assertEquals("v\u001b", facts.get(0).get("metadata").get("k").asText());
        assertEquals(
                "PyTorch checkpoint (legacy container)",
                facts.get(1).get("format").asText());
    }

    @Test
    void oneBadFileDoesNotHideTheOthers() {
        Path file = folder.resolve("a.safetensors");
        new SafetensorsWriter().tensor("a", new float[1], 1).write(file);
        int code =
                run("inspect", "--summary", folder.resolve("none.safetensors").toString(), file.toString());
        assertEquals(ExitCodes.FAILED_INPUTS, code);
        assertTrue(err.toString().contains("no such file"), err::toString);
        assertTrue(out.toString().contains("1 with 1 values"), out::toString);
    }

    @Test
    void inspectDescribesImagesSoundsAndWrongNames() throws IOException {
        Path image = folder.resolve("frame.png");
        ImageIO.write(new BufferedImage(5, 3, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
        Path sound = folder.resolve("sound.wav");
        WavFiles.write(sound, Waveform.mono(new float[800], 16_000), WavFiles.Encoding.PCM16);
        Path misnamed = folder.resolve("weights.dat");
        new SafetensorsWriter().tensor("a", new float[1], 1).write(misnamed);
        int code = run("inspect", "--json", image.toString(), sound.toString(), misnamed.toString());
        assertEquals(ExitCodes.OK, code, err::toString);
        JsonNode facts = new ObjectMapper().readTree(out.toString());
        assertEquals(5, facts.get(0).get("facts").get("width").asInt());
        assertEquals(0.05, facts.get(1).get("facts").get("seconds").asDouble());
        assertEquals("safetensors", facts.get(2).get("format").asText());
    }

    @Test
    void aFileThatIsNothingKnownIsAFailedInput() throws IOException {
        Path file = folder.resolve("notes.txt");
        Files.writeString(file, "these are only words");
        assertEquals(ExitCodes.FAILED_INPUTS, run("inspect", file.toString()));
        assertTrue(err.toString().contains("notes.txt"), err::toString);
    }

    private int run(String... arguments) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    /** {"w": tensor of 1.5 and -2} as torch.save wrote it before 1.6, assembled by hand. */
    private Path legacyCheckpoint() throws IOException {
        String object = "}X\001\000\000\000wctorch._utils\n_rebuild_tensor_v2\n((X\007\000\000\000storage"
                + "ctorch\nFloatStorage\nX\001\000\000\0000X\003\000\000\000cpuK\002NtQK\000K\002\205K\001\205\211}tRs.";
        Path path = folder.resolve("weights.pth");
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(legacy(object.getBytes(StandardCharsets.ISO_8859_1)));
        file.write("\200\002]X\001\000\000\0000a.".getBytes(StandardCharsets.ISO_8859_1));
        file.write(ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(2)
                .putFloat(1.5f)
                .putFloat(-2f)
                .array());
        Files.write(path, file.toByteArray());
        return path;
    }

    /** Magic number, protocol 1001, a little-endian system, and the object's pickle. */
    private static byte[] legacy(byte[] object) throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e"));
        file.write("\200\002M\351\003.".getBytes(StandardCharsets.ISO_8859_1));
        file.write("\200\002}X\015\000\000\000little_endian\210s.".getBytes(StandardCharsets.ISO_8859_1));
        file.write("\200\002".getBytes(StandardCharsets.ISO_8859_1));
        file.write(object);
        return file.toByteArray();
    }
}
