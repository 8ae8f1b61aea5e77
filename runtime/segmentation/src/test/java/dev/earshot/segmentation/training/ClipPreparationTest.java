package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.training.ClipPreparation.Result;
import dev.earshot.segmentation.video.TestVideos;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClipPreparationTest {
    /** 14 seconds; the sound's amplitude in second n is (n + 1) / 10, the picture is a test pattern that changes. */
    @TempDir
    private static Path shared;

    private static Path video;

    @TempDir
    private Path folder;

    private Path videos;
    private Path root;

    @BeforeAll
    static void makeVideo() {
        video = TestVideos.mp4(shared.resolve("v.mp4"), 14, 96, 64);
    }

    @BeforeEach
    void makeFolders() throws IOException {
        videos = Files.createDirectories(folder.resolve("videos/deep"));
        root = folder.resolve("root");
    }

    private Result prepare(int jobs, WorkProgress progress, String... clips) {
        List<ClipName> names = Arrays.stream(clips).map(ClipName::parse).toList();
        return new ClipPreparation(VideoFolder.of(folder.resolve("videos")), root, jobs).run(names, progress);
    }

    private Result prepare(String... clips) {
        return prepare(2, WorkProgress.NONE, clips);
    }

    private static double peak(Waveform wave, int second) {
        double peak = 0;
        for (int i = second * 16_000 + 4000; i < second * 16_000 + 12_000; i++) {
            peak = Math.max(peak, Math.abs(wave.channel(0)[i]));
        }
        return peak;
    }

    @Test
    void clipsAreCutAtTheirSecondAndWholeOnesAreNot() throws IOException {
        Files.copy(video, videos.resolve("-whole_1.mp4"));
        Files.copy(video, videos.resolve("cut_000300.MP4"));
        Result result = prepare("-whole_1_000003", "cut_000300");
        assertEquals(new Result(2, 0, Map.of()), result);
        try (TrainingClips clips = TrainingClips.open(root, WorkProgress.NONE)) {
            assertEquals("-whole_1_000003", clips.name(0).toString());
            assertEquals("cut_000300", clips.name(1).toString());
            assertEquals(10.0, clips.sound(0).seconds(), 0.05);
            assertEquals(0.4, peak(clips.sound(0), 0), 0.05); // second 3 of the video
            assertEquals(0.6, peak(clips.sound(0), 2), 0.05);
            assertEquals(0.1, peak(clips.sound(1), 0), 0.05);
            assertEquals(96, clips.picture(0).width());
            // The pattern moves, so the picture of second 8 is not that of second 5.
            assertFalse(Arrays.equals(clips.picture(0).rgb(), clips.picture(1).rgb()));
        }
        assertEquals(List.of("-whole_1_000003", "cut_000300"), Files.readAllLines(root.resolve("clips.txt")));
    }

    @Test
    void brokenAndMissingVideosAreListedAndDoNotStopTheOthers() throws IOException {
        Files.copy(video, videos.resolve("good.mp4"));
        byte[] bytes = Files.readAllBytes(video);
        Files.write(videos.resolve("cutoff.mp4"), Arrays.copyOf(bytes, 600));
        Files.write(videos.resolve("empty.mp4"), new byte[0]);
        TestVideos.ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=32x32:d=3",
                "-c:v",
                "libopenh264",
                "-f",
                "mp4",
                "file:" + videos.resolve("mute.mp4"));
        Result result =
                prepare("good_000001", "cutoff_000001", "empty_000000", "mute_000000", "none_000000", "good_000600");
        assertEquals(1, result.made());
        assertEquals(
                Set.of("cutoff_000001", "empty_000000", "mute_000000", "none_000000", "good_000600"),
                result.broken().keySet().stream().map(ClipName::toString).collect(Collectors.toSet()));
        assertEquals("no video", result.broken().get(ClipName.parse("none_000000")));
        String late = result.broken().get(ClipName.parse("good_000600"));
        assertTrue(late.contains("from second 600 on"), late);
        List<String> listed = Files.readAllLines(root.resolve("broken.txt"));
        assertEquals(5, listed.size());
        assertTrue(listed.stream().allMatch(line -> line.split("\t").length == 2), listed::toString);
        assertEquals(List.of("good_000001"), Files.readAllLines(root.resolve("clips.txt")));
    }

    /** The second run makes what the first did not finish, and nothing else. */
    @Test
    void stoppedRunIsResumed() throws IOException {
        String[] clips =
                IntStream.range(0, 6).mapToObj(i -> "v%d_000002".formatted(i)).toArray(String[]::new);
        for (int i = 0; i < 6; i++) {
            Files.copy(video, videos.resolve("v%d.mp4".formatted(i)));
        }
        AtomicInteger steps = new AtomicInteger();
        WorkProgress stopping = new WorkProgress() {
            @Override
            public Task begin(String task, int total, String unit) {
                return new Task() {
                    @Override
                    public void stepBy(int more) {
                        if (more > 0 && steps.incrementAndGet() == 3) {
                            throw new IllegalStateException("stopped");
                        }
                    }

                    @Override
                    public void close() {}
                };
            }

            @Override
            public void note(String line) {}
        };
        assertThrows(IllegalStateException.class, () -> prepare(1, stopping, clips));
        assertFalse(Files.exists(root.resolve("clips.txt")));
        // What a run that was killed can leave: a sound without its picture, and temporary files.
        Files.delete(root.resolve("frames/v2_000002.jpg"));
        Files.write(root.resolve("frames/.1x.part.jpg"), new byte[10]);
        Files.write(root.resolve("audio/.1x.part.wav"), new byte[10]);
        FileTime before = Files.getLastModifiedTime(root.resolve("frames/v0_000002.jpg"));

        Result result = prepare(clips);
        assertEquals(new Result(4, 2, Map.of()), result);
        assertEquals(before, Files.getLastModifiedTime(root.resolve("frames/v0_000002.jpg")));
        assertEquals(List.of(clips), Files.readAllLines(root.resolve("clips.txt")));
        try (Stream<Path> files = Files.walk(root)) {
            assertEquals(
                    List.of(), files.filter(f -> f.toString().contains(".part")).toList());
        }
        assertEquals(new Result(0, 6, Map.of()), prepare(clips));
    }

    @Test
    void listHoldsTheClipsAskedForOnly() throws IOException {
        Files.copy(video, videos.resolve("a.mp4"));
        Files.copy(video, videos.resolve("b.mp4"));
        prepare("a_000000", "b_000000", "b_000000");
        assertEquals(List.of("a_000000", "b_000000"), Files.readAllLines(root.resolve("clips.txt")));
        assertEquals(new Result(0, 1, Map.of()), prepare("b_000000"));
        assertEquals(List.of("b_000000"), Files.readAllLines(root.resolve("clips.txt")));
    }

    @Test
    void twoRunsInOneFolderAreRefused() throws IOException {
        Files.createDirectories(root);
        try (FileChannel other =
                FileChannel.open(root.resolve(".prepare.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            other.lock();
            String message = assertThrows(IllegalStateException.class, () -> prepare("a_000000"))
                    .getMessage();
            assertTrue(message.contains("held by another"), message);
        }
    }
}
