package dev.earshot.segmentation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.moca.TinyModel;
import dev.earshot.segmentation.video.TestVideos;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Odd and damaged media through the whole of segmentation: a result of the right sizes, or a named error. */
class SegmentRobustnessTest {
    private static Backend backend;
    private static Segmenter moca;

    @TempDir
    private Path folder;

    @BeforeAll
    static void open() {
        backend = Backends.open("cpu");
        moca = Segmenters.moca(backend, TinyModel.weights(), TinyModel.settings(4));
    }

    @AfterAll
    static void close() {
        moca.close();
        backend.close();
    }

    private static List<FrameMask> run(Clip clip) {
        try (Masks masks = moca.segment(clip)) {
            return masks.toList();
        }
    }

    private static float[] tone(int samples, int rate) {
        float[] x = new float[samples];
        for (int i = 0; i < samples; i++) {
            x[i] = (float) (0.4 * Math.sin(2 * Math.PI * 440 * i / rate));
        }
        return x;
    }

    private Path picture(int width, int height) {
        Path file = folder.resolve("picture.png");
        TestVideos.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=64x64",
                "-vf",
                "scale=" + width + ":" + height,
                "-frames:v",
                "1",
                "file:" + file);
        return file;
    }

    private Path sound(int channels, int samples, int rate) {
        Path file = folder.resolve("sound.wav");
        float[][] all = new float[channels][];
        Arrays.setAll(all, c -> tone(samples, rate));
        WavFiles.write(file, new Waveform(all, rate), WavFiles.Encoding.PCM16);
        return file;
    }

    private Path video(String name, String... arguments) {
        Path file = folder.resolve(name);
        String[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "file:" + file;
        TestVideos.ffmpeg(all);
        return file;
    }

    @ParameterizedTest
    @CsvSource({"1, 8000", "2, 11025", "1, 16000", "2, 22050", "2, 44100", "6, 48000", "1, 96000"})
    void anyNumberOfChannelsAndAnyRate(int channels, int rate) {
        List<FrameMask> masks = run(Clip.ofImage(picture(64, 48), sound(channels, 2 * rate, rate)));

        assertEquals(2, masks.size());
        for (FrameMask frame : masks) {
            assertFalse(frame.silent());
            assertEquals(-11, frame.loudnessDbfs(), 0.2);
            assertEquals(64, frame.mask().width());
        }
    }

    /** Around the length of one filter-bank window, 400 samples, and around a second. */
    @ParameterizedTest
    @ValueSource(ints = {1, 399, 400, 401, 15_999, 16_001})
    void shortSoundIsPadded(int samples) {
        List<FrameMask> masks = run(Clip.ofImage(picture(64, 48), sound(1, samples, 16_000)));
        assertEquals(1, masks.size());
        assertEquals(48, masks.getFirst().mask().height());
    }

    @Test
    void soundWithoutSamplesIsANamedErrorOrSilence() {
        Path picture = picture(64, 48);
        Path wav = sound(1, 0, 16_000);
        try {
            assertTrue(run(Clip.ofImage(picture, wav)).stream().allMatch(FrameMask::silent));
        } catch (MediaException e) {
            assertTrue(e.getMessage().contains("sound.wav"), e.getMessage());
        }
    }

    @Test
    void silenceGivesEmptyMasks() {
        Path wav = folder.resolve("silence.wav");
        WavFiles.write(wav, Waveform.mono(new float[32_000], 16_000), WavFiles.Encoding.PCM16);
        for (FrameMask frame : run(Clip.ofImage(picture(64, 48), wav))) {
            assertTrue(frame.silent());
            assertTrue(frame.mask().isEmpty());
            assertEquals(Double.NEGATIVE_INFINITY, frame.loudnessDbfs());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "1, 300", "3840, 2160"})
    void tinyAndHugeFrames(int width, int height) {
        FrameMask frame = run(Clip.ofImage(picture(width, height), sound(1, 16_000, 16_000)))
                .getFirst();
        assertEquals(width, frame.mask().width());
        assertEquals(height, frame.mask().height());
    }

    @Test
    void framesOfDifferentSizesInOneFolder() throws IOException {
        Path frames = Files.createDirectory(folder.resolve("frames"));
        Files.move(picture(64, 48), frames.resolve("1.png"));
        Files.move(picture(30, 90), frames.resolve("2.png"));
        List<FrameMask> masks = run(Clip.ofFrames(frames, sound(1, 32_000, 16_000)));
        assertEquals(64, masks.get(0).mask().width());
        assertEquals(30, masks.get(1).mask().width());
    }

    @Test
    void videoWithoutSoundTrack() {
        Path file = TestVideos.counting(folder.resolve("quiet.mkv"), 2, 32, 32);
        try (Masks masks = moca.segment(Clip.open(file))) {
            assertTrue(masks.stream().allMatch(FrameMask::silent));
            assertTrue(
                    masks.notes().toString().contains("no sound track"),
                    masks.notes().toString());
        }
    }

    @Test
    void soundWithoutPictures() {
        Path file = video("song.mp4", "-f", "lavfi", "-i", TestVideos.RISING + "2", "-c:a", "aac");
        assertThrows(MediaException.class, () -> run(Clip.open(file)));
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.02, 0.3, 0.7, 0.97})
    void truncatedVideo(double share) throws IOException {
        byte[] whole = Files.readAllBytes(TestVideos.mp4(folder.resolve("whole.mp4"), 4, 64, 48));
        Path cut = folder.resolve("cut.mp4");
        Files.write(cut, Arrays.copyOf(whole, (int) (whole.length * share)));
        try {
            List<FrameMask> masks = run(Clip.open(cut));
            assertTrue(!masks.isEmpty() && masks.size() <= 4, masks.size() + " frames");
        } catch (MediaException e) {
            assertTrue(e.getMessage().contains("cut.mp4"), e.getMessage());
        }
    }

    @Test
    void variableFrameRate() {
        Path file = video(
                "vfr.mkv",
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=64x48:r=25:d=4",
                "-f",
                "lavfi",
                "-i",
                TestVideos.RISING + "4",
                "-vf",
                "select='if(lt(t,2),1,not(mod(n,12)))'",
                "-fps_mode",
                "vfr",
                "-c:v",
                "png",
                "-c:a",
                "pcm_s16le");
        assertEquals(4, run(Clip.open(file)).size());
    }

    @Test
    void rotatedPhoneVideoIsSegmentedUpright() {
        Path upright = TestVideos.mp4(folder.resolve("phone.mp4"), 2, 64, 48);
        Path rotated = video("rotated.mp4", "-display_rotation", "90", "-i", "file:" + upright, "-c", "copy");
        FrameMask frame = run(Clip.open(rotated)).getFirst();
        assertEquals(48, frame.mask().width());
        assertEquals(64, frame.mask().height());
    }

    @Test
    void aFailedClipDoesNotSpoilTheNextOne() throws IOException {
        Path garbage = folder.resolve("garbage.mp4");
        Files.write(garbage, new byte[] {1, 2, 3});
        Path good = TestVideos.mp4(folder.resolve("good.mp4"), 2, 64, 48);
        List<BinaryMask> before =
                run(Clip.open(good)).stream().map(FrameMask::mask).toList();
        assertThrows(MediaException.class, () -> run(Clip.open(garbage)));
        assertEquals(before, run(Clip.open(good)).stream().map(FrameMask::mask).toList());
    }
}
