package dev.earshot.segmentation.video;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.support.MutationFuzzer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class HostileVideoTest {
    @TempDir
    Path folder;

    @AfterEach
    void forgetTheFakeProgram() {
        System.clearProperty("earshot.ffmpeg");
    }

    private Path file(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content, StandardCharsets.UTF_8);
    }

    /** Playlists are the known way to make FFmpeg read other files; an input must never be taken for one. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:5,\n%s\n#EXT-X-ENDLIST\n",
                "ffconcat version 1.0\nfile '%s'\n",
                "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\"><Period><BaseURL>%s</BaseURL></Period></MPD>",
                "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
                "hello\n",
            })
    void playlistsAndTextAreRefusedWhateverTheirName(String content) throws IOException {
        Path secret = TestVideos.counting(folder.resolve("secret.mkv"), 1, 16, 16);
        for (String name : List.of("list.mp4", "list.m3u8", "list.ffconcat", "list.mpd", "list.sdp")) {
            Path list = file(name, content.replace("%s", secret.toString()));
            MediaException e = assertThrows(MediaException.class, () -> VideoProbe.of(list));
            assertTrue(e.getMessage().startsWith(name + ": expected a video"), e.getMessage());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"-i.mkv", "a %03d b.mkv", "http:x.mkv", "concat:a|b.mkv", "it's \"odd\".mkv", "ünïcode\n.mkv"})
    void anyFileNameIsOnlyAName(String name) {
        Path file = TestVideos.counting(folder.resolve("plain.mkv"), 1, 16, 16);
        try {
            Path odd = Files.move(file, folder.resolve(name));
            assertEquals(List.of(23), TestVideos.levels(odd, Sampling.DEFAULT));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void emptyMissingAndFolderInputsAreNamedErrors() throws IOException {
        Path empty = file("empty.mp4", "");
        MediaException e = assertThrows(MediaException.class, () -> VideoProbe.of(empty));
        assertEquals("empty.mp4: expected a video file, got an empty file — copy or record it again", e.getMessage());
        assertThrows(MediaException.class, () -> VideoProbe.of(folder));
        assertThrows(UncheckedIOException.class, () -> VideoProbe.of(folder.resolve("none.mp4")));
    }

    @Test
    void soundWithoutPicturesAndPicturesWithoutSoundAreNamed() {
        Path song = folder.resolve("song.mp4");
        TestVideos.ffmpeg("-f", "lavfi", "-i", TestVideos.RISING + "1", "-c:a", "aac", "file:" + song);
        VideoProbe probe = VideoProbe.of(song);
        assertTrue(probe.hasAudio());
        assertFalse(probe.hasVideo());
        assertThrows(
                MediaException.class, () -> FrameSource.ofVideo(song, probe, Sampling.DEFAULT, VideoLimits.DEFAULT));
        Path silent = TestVideos.counting(folder.resolve("silent.mkv"), 1, 16, 16);
        VideoProbe pictures = VideoProbe.of(silent);
        assertFalse(pictures.hasAudio());
        assertThrows(
                MediaException.class,
                () -> AudioSource.monoOfVideo(silent, pictures, 16_000, Sampling.DEFAULT, VideoLimits.DEFAULT));
    }

    @Test
    void probeAnswersAreReadStrictly() {
        Path file = Path.of("x.mp4");
        for (String json : List.of("", "{", "[]]", "{\"a\":1,\"a\":2}", "[".repeat(100))) {
            assertThrows(
                    MediaException.class,
                    () -> {
                        VideoProbe probe =
                                VideoProbe.parse(file, json.getBytes(StandardCharsets.UTF_8), VideoLimits.DEFAULT);
                        throw MediaException.of("probe", "an error", probe.toString(), "-");
                    },
                    json);
        }
        String odd = "{\"streams\":[{\"codec_type\":\"video\",\"codec_name\":\"a\\nb\",\"width\":7,\"height\":9,"
                + "\"avg_frame_rate\":\"1/0\",\"side_data_list\":[{\"rotation\":\"x\"}]},"
                + "{\"codec_type\":\"audio\",\"sample_rate\":\"-3\",\"channels\":-1}],\"format\":{\"duration\":\"nan\"}}";
        VideoProbe probe = VideoProbe.parse(file, odd.getBytes(StandardCharsets.UTF_8), VideoLimits.DEFAULT);
        assertEquals(new VideoProbe(Double.NaN, 7, 9, 0, Double.NaN, "unknown", "unknown", 0, 0), probe);
    }

    private void fakeProgram(String script) throws IOException {
        for (String name : List.of("ffmpeg", "ffprobe")) {
            Path program = file(name, "#!/bin/sh\n" + script);
            Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
        }
        System.setProperty("earshot.ffmpeg", folder.resolve("ffmpeg").toString());
    }

    @Test
    void decoderThatHangsIsEndedWithItsChildren() throws Exception {
        Path video = file("x.mp4", "anything");
        fakeProgram("sleep 1000 & echo $! > '" + folder + "/child'; wait\n");
        VideoLimits d = VideoLimits.DEFAULT;
        VideoLimits impatient =
                new VideoLimits(d.maxSide(), d.maxPixels(), d.maxSeconds(), d.maxFrames(), Duration.ofMillis(500));
        MediaException e = assertThrows(MediaException.class, () -> VideoProbe.of(video, impatient));
        assertTrue(e.getMessage().contains("a sign of life from ffmpeg"), e.getMessage());
        long child = Long.parseLong(Files.readString(folder.resolve("child")).strip());
        assertTrue(endsSoon(child), "child " + child + " lives on");
    }

    private static boolean endsSoon(long pid) throws Exception {
        var handle = ProcessHandle.of(pid);
        if (handle.isPresent()) {
            handle.get().onExit().get(20, TimeUnit.SECONDS);
        }
        return ProcessHandle.of(pid).map(p -> !p.isAlive()).orElse(true);
    }

    @Test
    void endlessErrorOutputIsDrainedAndCapped() throws IOException {
        Path video = file("x.mp4", "anything");
        fakeProgram("head -c 3000000 /dev/zero | tr '\\0' 'x' >&2; exit 1\n");
        MediaException e = assertThrows(MediaException.class, () -> VideoProbe.of(video));
        assertTrue(e.getMessage().length() < 800, "message of " + e.getMessage().length());
    }

    @Test
    void programThatCannotStartIsNotBlamedOnTheFile() throws IOException {
        Path video = file("x.mp4", "anything");
        fakeProgram("echo \"$0: error while loading shared libraries: libx.so: cannot open\" >&2; exit 127\n");
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> VideoProbe.of(video));
        assertTrue(e.getMessage().contains("set EARSHOT_FFMPEG"), e.getMessage());
    }

    @Test
    void endlessProbeAnswerIsCutOff() throws IOException {
        Path video = file("x.mp4", "anything");
        fakeProgram("exec cat /dev/zero\n");
        assertThrows(MediaException.class, () -> VideoProbe.of(video));
    }

    @Test
    void wrongExplicitProgramIsACallersFault() {
        System.setProperty("earshot.ffmpeg", folder.resolve("nowhere").toString());
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, FfmpegTools::get);
        assertTrue(e.getMessage().startsWith("EARSHOT_FFMPEG: expected the path of ffmpeg"), e.getMessage());
    }

    @Test
    void closingInTheMiddleEndsTheDecoder() throws Exception {
        FfmpegTools tools = FfmpegTools.get();
        List<String> endless =
                List.of("-loglevel", "error", "-f", "lavfi", "-i", "testsrc2=s=640x480", "-f", "rawvideo", "pipe:1");
        FfmpegProcess process =
                FfmpegProcess.start(tools, tools.ffmpeg(), endless, "endless", false, Duration.ofMinutes(1));
        assertEquals(1000, process.read(new byte[1000]));
        long pid = process.pid();
        process.close();
        process.close();
        assertTrue(endsSoon(pid));
    }

    @Test
    @Tag("fuzz")
    void damagedVideosAreReadOrRefusedByName() throws IOException {
        Path mp4 = TestVideos.mp4(folder.resolve("a.mp4"), 1, 32, 32);
        Path mkv = TestVideos.counting(folder.resolve("a.mkv"), 0.4, 16, 16);
        List<byte[]> seeds = List.of(Files.readAllBytes(mp4), Files.readAllBytes(mkv));
        Path mutant = folder.resolve("mutant.mp4");
        new MutationFuzzer(
                        seeds,
                        bytes -> {
                            try {
                                Files.write(mutant, bytes);
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                            VideoProbe probe = VideoProbe.of(mutant);
                            FrameSource.ofVideo(mutant, probe, Sampling.DEFAULT, VideoLimits.DEFAULT)
                                    .forEachRemaining(f -> {});
                        },
                        bytes -> {})
                .run(40, 10);
    }
}
