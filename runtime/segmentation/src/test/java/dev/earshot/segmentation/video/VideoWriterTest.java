package dev.earshot.segmentation.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VideoWriterTest {
    @TempDir
    Path folder;

    private static RgbImage grey(int width, int height, int level) {
        RgbImage image = RgbImage.black(width, height);
        java.util.Arrays.fill(image.rgb(), (byte) level);
        return image;
    }

    @ParameterizedTest
    @CsvSource({"64, 48, 1", "65, 49, 5", "320, 240, 25"})
    void writtenFramesReadBackInTheirOrder(int width, int height, double rate) {
        Path file = folder.resolve("new/out.mp4");
        try (VideoWriter writer = VideoWriter.open(file, width, height, rate)) {
            for (int i = 0; i < 5; i++) {
                writer.write(grey(width, height, 40 + 40 * i));
            }
            writer.finish();
        }
        VideoProbe probe = VideoProbe.of(file);
        assertEquals("h264", probe.videoCodec());
        assertEquals(width + (width & 1), probe.width());
        assertEquals(height + (height & 1), probe.height());
        assertEquals(5 / rate, probe.seconds(), 0.02);
        Sampling all = new Sampling(rate, Sampling.Pick.MIDDLE, 0, Double.POSITIVE_INFINITY);
        var levels = TestVideos.levels(file, all);
        assertEquals(5, levels.size());
        for (int i = 0; i < 5; i++) {
            assertEquals(40 + 40 * i, levels.get(i), 3);
        }
        assertEquals(1, file.getParent().toFile().list().length);
    }

    @ParameterizedTest
    @CsvSource({"1", "10"})
    void soundLastsAsLongAsThePictures(int seconds) {
        float[] sine = new float[seconds * 22_050];
        for (int i = 0; i < sine.length; i++) {
            sine[i] = (float) (0.5 * Math.sin(2 * Math.PI * 500 * i / 22_050));
        }
        Path file = folder.resolve("out.mp4");
        try (VideoWriter writer = VideoWriter.open(file, 32, 32, 2)) {
            writer.sound(Waveform.mono(sine, 22_050));
            for (int i = 0; i < 8; i++) {
                writer.write(grey(32, 32, 100));
            }
            writer.finish();
        }
        VideoProbe probe = VideoProbe.of(file);
        assertEquals("aac", probe.audioCodec());
        assertEquals(4, probe.seconds(), 0.15);
        try (AudioSource sound = AudioSource.monoOfVideo(file, probe, 16_000, Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            assertEquals(-9.03, Loudness.dbfs(sound.next().channel(0)), 0.5);
            sound.next();
            double third = Loudness.dbfs(sound.next().channel(0));
            assertTrue(seconds == 1 ? third < -60 : third > -10, "third second " + third);
        }
    }

    /** An explicit program is asked which encoders it has; here it is the built-in one behind a script. */
    @Test
    void explicitProgramWritesVideosToo() throws IOException {
        FfmpegTools tools = FfmpegTools.get();
        for (Path program : List.of(tools.ffmpeg(), tools.ffprobe())) {
            Path script = folder.resolve(program.getFileName());
            String libraries = tools.environment().get("LD_LIBRARY_PATH");
            Files.writeString(script, "#!/bin/sh\nLD_LIBRARY_PATH='" + libraries + "' exec '" + program + "' \"$@\"\n");
            Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
        }
        System.setProperty("earshot.ffmpeg", folder.resolve("ffmpeg").toString());
        try (VideoWriter writer = VideoWriter.open(folder.resolve("out.mp4"), 32, 32, 5)) {
            assertEquals("libopenh264", FfmpegTools.get().videoEncoder().get(1));
            writer.write(grey(32, 32, 77));
            writer.finish();
            assertEquals("h264", VideoProbe.of(folder.resolve("out.mp4")).videoCodec());
        } finally {
            System.clearProperty("earshot.ffmpeg");
        }
    }

    @Test
    void abandonedVideoLeavesNothingBehind() {
        Path file = folder.resolve("out.mp4");
        try (VideoWriter writer = VideoWriter.open(file, 32, 32, 5)) {
            writer.sound(Waveform.mono(new float[100], 16_000));
            writer.write(grey(32, 32, 1));
        }
        assertEquals(0, folder.toFile().list().length);
    }

    @Test
    void wrongSizesAndLateFramesAreRefused() {
        Path file = folder.resolve("out.mp4");
        try (VideoWriter writer = VideoWriter.open(file, 32, 32, 5)) {
            assertThrows(IllegalArgumentException.class, () -> writer.write(grey(33, 32, 1)));
            writer.write(grey(32, 32, 1));
            writer.finish();
            assertThrows(IllegalStateException.class, () -> writer.write(grey(32, 32, 1)));
        }
        assertTrue(Files.exists(file));
        assertThrows(IllegalArgumentException.class, () -> VideoWriter.open(file, 0, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> VideoWriter.open(file, 1, 1, 0));
    }
}
