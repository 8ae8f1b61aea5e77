package dev.earshot.segmentation;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.audio.Loudness;
import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.video.AudioSource;
import dev.earshot.segmentation.video.TestVideos;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipTest {
    @TempDir
    Path folder;

    private static List<ClipFrame> all(Clip clip) {
        List<ClipFrame> frames = new ArrayList<>();
        try (ClipStream stream = clip.stream()) {
            stream.forEachRemaining(frames::add);
        }
        return frames;
    }

    private static int[] pixels(ClipFrame frame) {
        int[] pixels = new int[frame.image().width() * frame.image().height()];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = frame.image()
                    .pixel(i % frame.image().width(), i / frame.image().width());
        }
        return pixels;
    }

    /** Amplitude of second n is (n + 1) / 10. */
    private static float[] rising(double seconds, int rate) {
        float[] x = new float[(int) (seconds * rate)];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) (0.1 * (1 + i / rate) * Math.sin(2 * Math.PI * 440 * i / rate));
        }
        return x;
    }

    private static void assertAmplitude(double expected, ClipFrame frame) {
        assertEquals(16_000, frame.sound().length);
        assertEquals(expected, Loudness.rms(frame.sound()) * Math.sqrt(2), 0.01, "frame " + frame.index());
    }

    @Test
    void everyFrameOfAVideoComesWithItsSecondOfSound() {
        Path file = TestVideos.mp4(folder.resolve("clip.one.mp4"), 5, 64, 48);
        Clip clip = Clip.open(file);
        assertEquals("clip.one", clip.name());
        assertEquals(5, clip.expectedFrames());
        for (int run = 0; run < 2; run++) {
            List<ClipFrame> frames = all(clip);
            assertEquals(5, frames.size());
            for (int i = 0; i < 5; i++) {
                assertEquals(i, frames.get(i).index());
                assertEquals(i + 0.9375, frames.get(i).timeSeconds());
                assertEquals(64, frames.get(i).image().width());
                assertAmplitude(0.1 * (i + 1), frames.get(i));
            }
        }
    }

    @Test
    void decodersThatWereStartedEarlyGiveTheSameFramesOnce() {
        Clip clip = Clip.open(TestVideos.mp4(folder.resolve("early.mp4"), 3, 64, 48));
        List<ClipFrame> expected = all(clip);
        clip.decodeEarly();
        clip.decodeEarly(); // the second takes the place of the first
        for (int run = 0; run < 2; run++) {
            List<ClipFrame> frames = all(clip);
            assertEquals(3, frames.size());
            for (int i = 0; i < 3; i++) {
                assertArrayEquals(pixels(expected.get(i)), pixels(frames.get(i)));
                assertArrayEquals(expected.get(i).sound(), frames.get(i).sound());
            }
        }
    }

    @Test
    void whatWasStartedEarlyAndNotTakenIsEnded() {
        Clip clip = Clip.open(TestVideos.mp4(folder.resolve("left.mp4"), 3, 64, 48));
        clip.discardEarly();
        long before = ProcessHandle.current().children().count();
        clip.decodeEarly();
        assertTrue(ProcessHandle.current().children().count() > before);
        clip.discardEarly();
        assertEquals(before, ProcessHandle.current().children().count());
        assertEquals(3, all(clip).size());
    }

    @Test
    void soundWindowsOverlapAtHigherRates() {
        Path file = TestVideos.mp4(folder.resolve("a.mp4"), 3, 32, 32);
        List<ClipFrame> frames = all(Clip.open(file, ClipOptions.DEFAULT.withFramesPerSecond(4)));
        assertEquals(12, frames.size());
        assertAmplitude(0.1, frames.get(0)); // never from before the beginning
        double both = Math.sqrt((0.01 * 0.125 + 0.04 * 0.875)); // frame 5 is heard from 0.875 s to 1.875 s
        assertAmplitude(both, frames.get(5));
    }

    @Test
    void videoWithoutSoundIsSilentAndSaysSo() {
        Path file = TestVideos.counting(folder.resolve("quiet.mkv"), 2, 16, 16);
        try (ClipStream stream = Clip.open(file).stream()) {
            assertEquals(0, Loudness.rms(stream.next().sound()));
            assertEquals(List.of("quiet: no sound track; every frame counts as silent"), stream.notes());
        }
    }

    @Test
    void soundOfAnUnknownKindIsSilentAndSaysSo() throws IOException {
        Path file = folder.resolve("odd.mkv");
        TestVideos.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=32x32:r=10:d=2",
                "-f",
                "lavfi",
                "-i",
                TestVideos.RISING + "2",
                "-c:v",
                "ffv1",
                "-c:a",
                "flac",
                "file:" + file);
        String bytes = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        Files.write(file, bytes.replace("A_FLAC", "A_FLAX").getBytes(StandardCharsets.ISO_8859_1));
        try (ClipStream stream = Clip.open(file).stream()) {
            assertEquals(0, Loudness.rms(stream.next().sound()));
            assertEquals(1, stream.notes().size(), stream.notes().toString());
            assertTrue(
                    stream.notes().get(0).contains("cannot be decoded"),
                    stream.notes().get(0));
        }
    }

    @Test
    void soundShorterThanThePicturesEndsInSilence() {
        Path pictures = TestVideos.counting(folder.resolve("p.mkv"), 3, 16, 16);
        Path file = folder.resolve("short.mkv");
        TestVideos.ffmpeg(
                "-i",
                "file:" + pictures,
                "-f",
                "lavfi",
                "-i",
                TestVideos.RISING + "1.5",
                "-c:v",
                "copy",
                "-c:a",
                "pcm_s16le",
                "file:" + file);
        List<ClipFrame> frames = all(Clip.open(file));
        assertAmplitude(0.1, frames.get(0));
        assertAmplitude(0.2 / Math.sqrt(2), frames.get(1)); // half of it is silent
        assertAmplitude(0, frames.get(2));
    }

    @Test
    void framesBesideAWavFile() throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("frames"));
        TestVideos.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=32x24:r=1:d=11", "file:" + pictures.resolve("clip_%d.png"));
        Path wav = folder.resolve("a.wav");
        WavFiles.write(wav, Waveform.mono(rising(3, 48_000), 48_000), WavFiles.Encoding.PCM16);
        Clip clip = Clip.ofFrames(pictures, wav);
        assertEquals("frames", clip.name());
        assertEquals(11, clip.expectedFrames());
        List<ClipFrame> frames = all(clip);
        assertEquals(11, frames.size());
        assertAmplitude(0.3, frames.get(2));
        assertAmplitude(0, frames.get(3));
        assertEquals(10, frames.get(10).timeSeconds());
    }

    @Test
    void onePictureStandsForAsLongAsItsSound() {
        Path image = folder.resolve("dog.png");
        TestVideos.ffmpeg("-f", "lavfi", "-i", "testsrc2=s=32x24", "-frames:v", "1", "file:" + image);
        Path wav = folder.resolve("a.wav");
        float[] left = rising(2.6, 44_100);
        Waveform stereo = new Waveform(new float[][] {left, left.clone()}, 44_100);
        WavFiles.write(wav, stereo, WavFiles.Encoding.FLOAT32);
        List<ClipFrame> frames = all(Clip.ofImage(image, wav));
        assertEquals(3, frames.size());
        assertAmplitude(0.2, frames.get(1));
        assertNotSame(frames.get(0).image().rgb(), frames.get(1).image().rgb());
        assertThrows(MediaException.class, () -> Clip.ofImage(wav, wav));
    }

    @Test
    void longSoundIsNotKept() {
        SoundWindow window = new SoundWindow(AudioSource.of(Waveform.mono(rising(300, 1000), 1000)));
        for (int i = 0; i < 300; i++) {
            float[] second = window.read(i * 1000L, 1000);
            assertEquals(0.1 * (i + 1), Loudness.rms(second) * Math.sqrt(2), 1e-3 * (i + 1));
            assertTrue(window.kept() <= 2000, "kept " + window.kept());
        }
        assertEquals(0, Loudness.rms(window.read(300_000, 1000)));
    }

    @Test
    void soundOnlyIsANamedError() {
        Path file = folder.resolve("song.mp4");
        TestVideos.ffmpeg("-f", "lavfi", "-i", TestVideos.RISING + "1", "-c:a", "aac", "file:" + file);
        MediaException e = assertThrows(MediaException.class, () -> Clip.open(file));
        assertTrue(e.getMessage().startsWith("song.mp4: expected pictures, got sound only"), e.getMessage());
    }
}
