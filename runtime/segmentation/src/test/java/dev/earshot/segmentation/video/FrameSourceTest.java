package dev.earshot.segmentation.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.image.ImageLimits;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.video.Sampling.Pick;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameSourceTest {
    @TempDir
    Path folder;

    private static Sampling at(double rate, Pick pick) {
        return new Sampling(rate, pick, 0, Double.POSITIVE_INFINITY);
    }

    private static List<RgbImage> all(Path file) {
        List<RgbImage> images = new ArrayList<>();
        try (FrameSource frames =
                FrameSource.ofVideo(file, VideoProbe.of(file), Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            frames.forEachRemaining(f -> images.add(f.image()));
        }
        return images;
    }

    @ParameterizedTest
    @CsvSource({
        // AVSBench: frame floor(25 s + 15/16 * 25), clipped to the last one
        "5, 23 48 73 98 123",
        "4.96, 23 48 73 98 123",
        "5.44, 23 48 73 98 123",
        "5.56, 23 48 73 98 123 138",
        "1.2, 23",
        "0.48, 11",
        "0.04, 0"
    })
    void oneFrameASecondIsTheOneOfAvsBench(double seconds, String expected) {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), seconds, 16, 16);
        assertEquals(numbers(expected), TestVideos.levels(file, Sampling.DEFAULT));
        assertEquals(numbers(expected).size(), Sampling.DEFAULT.expectedFrames(seconds));
    }

    private static List<Integer> numbers(String text) {
        return List.of(text.split(" ")).stream().map(Integer::valueOf).toList();
    }

    @Test
    void otherMomentsAndRates() {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), 2, 16, 16);
        assertEquals(List.of(12, 37), TestVideos.levels(file, at(1, Pick.MIDDLE)));
        assertEquals(List.of(0, 25), TestVideos.levels(file, at(1, Pick.START)));
        assertEquals(List.of(6, 18, 31, 43), TestVideos.levels(file, at(2, Pick.MIDDLE)));
        List<Integer> every = TestVideos.levels(file, at(25, Pick.AVSBENCH));
        assertEquals(50, every.size());
        for (int i = 0; i < 50; i++) {
            assertEquals(i, every.get(i));
        }
        assertEquals(
                List.of(48, 73),
                TestVideos.levels(
                        TestVideos.counting(folder.resolve("b.mkv"), 5, 16, 16), new Sampling(1, Pick.AVSBENCH, 1, 2)));
    }

    @Test
    void variableFrameRateGoesByTimeStamps() {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), 5, 16, 16);
        Path gaps = folder.resolve("vfr.mkv");
        String kept = "select='lt(n,10)+eq(n,60)+eq(n,61)+eq(n,120)'";
        TestVideos.ffmpeg("-i", "file:" + file, "-vf", kept, "-fps_mode", "vfr", "-c:v", "ffv1", "file:" + gaps);
        assertEquals(List.of(9, 9, 61, 61, 120), TestVideos.levels(gaps, Sampling.DEFAULT));
    }

    @Test
    void pictureThatSetsInLateIsShownFromTheBeginning() {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), 2, 16, 16);
        Path late = folder.resolve("late.mkv");
        TestVideos.ffmpeg(
                "-itsoffset",
                "1.5",
                "-i",
                "file:" + file,
                "-f",
                "lavfi",
                "-i",
                TestVideos.RISING + "4",
                "-map",
                "0",
                "-map",
                "1",
                "-c:v",
                "copy",
                "-c:a",
                "pcm_s16le",
                "file:" + late);
        assertEquals(List.of(0, 10, 35, 49), TestVideos.levels(late, Sampling.DEFAULT));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 90, 180, 270})
    void rotatedVideoComesOutUprightAndItsProbedSizeIsRight(int degrees) {
        // The upper left quarter is white: where it ends up shows the rotation.
        Path file = folder.resolve("a.mp4");
        Path turned = folder.resolve("turned.mp4");
        TestVideos.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "color=black:s=64x32:r=10:d=1,drawbox=0:0:32:16:white:fill",
                "-c:v",
                "libopenh264",
                "-pix_fmt",
                "yuv420p",
                "file:" + file);
        TestVideos.ffmpeg("-display_rotation:v", "" + degrees, "-i", "file:" + file, "-c", "copy", "file:" + turned);
        VideoProbe probe = VideoProbe.of(turned);
        boolean swapped = degrees % 180 != 0;
        assertEquals(swapped ? 32 : 64, probe.width());
        assertEquals(swapped ? 64 : 32, probe.height());
        assertEquals((360 - degrees) % 360, probe.rotationDegrees());
        RgbImage image = all(turned).get(0);
        assertEquals(probe.width(), image.width());
        assertEquals(probe.height(), image.height());
        // display_rotation turns counter-clockwise
        boolean left = degrees == 0 || degrees == 90;
        boolean top = degrees == 0 || degrees == 270;
        int x = left ? 4 : image.width() - 5;
        int y = top ? 4 : image.height() - 5;
        assertTrue((image.pixel(x, y) & 0xff) > 200, degrees + " degrees");
        assertTrue((image.pixel(image.width() - 1 - x, image.height() - 1 - y) & 0xff) < 50);
    }

    @ParameterizedTest
    @CsvSource({
        "mp4, libopenh264, aac, h264, aac",
        "mov, mpeg4, pcm_s16le, mpeg4, pcm_s16le",
        "mkv, ffv1, flac, ffv1, flac",
        "webm, libvpx, libopus, vp8, opus",
        "avi, mjpeg, libmp3lame, mjpeg, mp3",
    })
    void everyContainerIsRead(String type, String video, String audio, String videoCodec, String audioCodec) {
        Path file = folder.resolve("a." + type);
        TestVideos.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "color=0x64a0c8:s=64x48:r=10:d=2",
                "-f",
                "lavfi",
                "-i",
                TestVideos.RISING + "2",
                "-c:v",
                video,
                "-pix_fmt",
                video.equals("mjpeg") ? "yuvj420p" : "yuv420p",
                "-c:a",
                audio,
                "file:" + file);
        VideoProbe probe = VideoProbe.of(file);
        assertEquals(videoCodec, probe.videoCodec());
        assertEquals(audioCodec, probe.audioCodec());
        assertEquals(10, probe.framesPerSecond(), 0.01);
        assertEquals(2, probe.seconds(), 0.2); // sound encoders add up to a tenth
        List<RgbImage> images = all(file);
        assertEquals(2, images.size());
        assertEquals(0x64, images.get(1).pixel(20, 20) >> 16, 6);
        try (AudioSource sound = AudioSource.monoOfVideo(file, probe, 16_000, Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            sound.next();
            double rms =
                    dev.earshot.segmentation.audio.Loudness.rms(sound.next().channel(0));
            // MP3 in AVI comes late by its encoder delay, which AVI cannot express.
            assertEquals(0.2 / Math.sqrt(2), rms, audio.equals("libmp3lame") ? 0.02 : 0.005);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "3, 2", "1, 999", "1921, 7", "3840, 2160"})
    void everySizeIsRead(int width, int height) {
        Path file = folder.resolve("a.mkv");
        String source = "color=0x102030:s=" + width + "x" + height + ":r=25:d=0.04,format=rgb24";
        TestVideos.ffmpeg("-f", "lavfi", "-i", source, "-c:v", "png", "file:" + file);
        RgbImage image = all(file).get(0);
        assertEquals(width, image.width());
        assertEquals(height, image.height());
        assertEquals(0x102030, image.pixel(width - 1, height - 1));
    }

    @Test
    void colourSurvivesTheWayThroughH264() {
        Path file = folder.resolve("red.mp4");
        TestVideos.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "color=0xc83214:s=64x64:r=10:d=1",
                "-c:v",
                "libopenh264",
                "-pix_fmt",
                "yuv420p",
                "file:" + file);
        int pixel = all(file).get(0).pixel(32, 32);
        assertEquals(0xc8, pixel >> 16, 4);
        assertEquals(0x32, pixel >> 8 & 0xff, 4);
        assertEquals(0x14, pixel & 0xff, 4);
    }

    @Test
    void largeFramesAreScaledDownAndHugeOnesRefused() {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), 0.2, 300, 200);
        VideoProbe probe = VideoProbe.of(file);
        VideoLimits d = VideoLimits.DEFAULT;
        VideoLimits narrow = new VideoLimits(150, d.maxPixels(), d.maxSeconds(), d.maxFrames(), d.stall());
        try (FrameSource frames = FrameSource.ofVideo(file, probe, Sampling.DEFAULT, narrow)) {
            RgbImage image = frames.next().image();
            assertEquals(150, image.width());
            assertEquals(100, image.height());
        }
        VideoLimits tiny = new VideoLimits(150, 59_999, d.maxSeconds(), d.maxFrames(), d.stall());
        MediaException e = assertThrows(MediaException.class, () -> VideoProbe.of(file, tiny));
        assertTrue(e.getMessage().contains("a.mkv"), e.getMessage());
    }

    @Test
    void lengthAndFramesAreLimited() {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), 4, 16, 16);
        VideoLimits d = VideoLimits.DEFAULT;
        VideoProbe probe = VideoProbe.of(file);
        VideoLimits shorter = new VideoLimits(d.maxSide(), d.maxPixels(), 3, d.maxFrames(), d.stall());
        assertThrows(MediaException.class, () -> FrameSource.ofVideo(file, probe, Sampling.DEFAULT, shorter));
        VideoLimits fewer = new VideoLimits(d.maxSide(), d.maxPixels(), d.maxSeconds(), 2, d.stall());
        try (FrameSource frames = FrameSource.ofVideo(file, probe, Sampling.DEFAULT, fewer)) {
            frames.next();
            frames.next();
            assertFalse(frames.hasNext());
            assertTrue(
                    frames.notes().get(0).contains("limit of 2 frames"),
                    frames.notes().toString());
        }
    }

    @Test
    void lengthThatTheFileDoesNotTellIsFoundByDecoding() throws IOException {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), 3, 16, 16);
        Path live = folder.resolve("live.mkv");
        TestVideos.ffmpeg(
                "-i",
                "file:" + file,
                "-c",
                "copy",
                "-f",
                "matroska",
                "-live",
                "1",
                "-flush_packets",
                "1",
                "file:" + live);
        assertTrue(Double.isNaN(VideoProbe.of(live).seconds()));
        assertEquals(List.of(23, 48, 73), TestVideos.levels(live, Sampling.DEFAULT));
    }

    @Test
    void truncatedVideoGivesWhatDecodesAndSaysSo() {
        Path file = TestVideos.mp4(folder.resolve("a.mp4"), 8, 64, 48);
        Path cut = TestVideos.truncated(file, 0.5);
        try (FrameSource frames = FrameSource.ofVideo(cut, VideoProbe.of(cut), Sampling.DEFAULT, VideoLimits.DEFAULT)) {
            int count = 0;
            while (frames.hasNext()) {
                assertEquals(count++, frames.next().index());
            }
            assertTrue(count >= 2 && count <= 6, count + " frames");
            assertTrue(
                    frames.notes().get(0).contains("seems truncated"),
                    frames.notes().toString());
        }
    }

    @Test
    void videoWithoutItsIndexIsANamedError() throws IOException {
        Path file = TestVideos.counting(folder.resolve("a.mkv"), 2, 16, 16);
        Path plain = folder.resolve("plain.mp4"); // its index stands at the end
        TestVideos.ffmpeg("-i", "file:" + file, "-c:v", "mpeg4", "file:" + plain);
        Path cut = TestVideos.truncated(plain, 0.8);
        MediaException e = assertThrows(MediaException.class, () -> VideoProbe.of(cut));
        assertTrue(e.getMessage().contains("cut-plain.mp4: expected a video"), e.getMessage());
    }

    @Test
    void framesOfAFolderComeInNaturalOrder() throws IOException {
        String[] names = {"x_10.png", "x_9.PNG", "x_1.png", "x_2.jpg.txt", ".x_3.png", "x_08.png"};
        for (int i = 0; i < names.length; i++) {
            byte[] png = new byte[0];
            Path file = folder.resolve(names[i]);
            TestVideos.ffmpeg(
                    "-f",
                    "lavfi",
                    "-i",
                    "color=black:s=" + (i + 1) + "x1,format=rgb24",
                    "-frames:v",
                    "1",
                    "-c:v",
                    "png",
                    "-f",
                    "image2",
                    "file:" + folder.resolve("t.tmp"));
            png = Files.readAllBytes(folder.resolve("t.tmp"));
            Files.write(file, png);
        }
        List<Integer> widths = new ArrayList<>();
        FrameSource.ofFolder(folder, 2, ImageLimits.DEFAULT).forEachRemaining(f -> {
            assertEquals(widths.size() / 2.0, f.timeSeconds());
            widths.add(f.image().width());
        });
        assertEquals(List.of(3, 6, 2, 1), widths);
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThrows(MediaException.class, () -> FrameSource.ofFolder(empty, 1, ImageLimits.DEFAULT));
    }

    @Test
    void naturalOrderOfNames() {
        List<String> names =
                new ArrayList<>(List.of("b1", "a10", "a9", "a", "a09", "a9b", "10", "9", "a123456789012345678901"));
        names.sort(FolderFrames::compareNaturally);
        assertEquals(List.of("9", "10", "a", "a09", "a9", "a9b", "a10", "a123456789012345678901", "b1"), names);
    }
}
