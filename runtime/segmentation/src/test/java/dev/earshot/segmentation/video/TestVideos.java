package dev.earshot.segmentation.video;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Makes videos with the same FFmpeg that reads them; what they show is known by construction. */
public final class TestVideos {
    private TestVideos() {}

    /** Runs {@code ffmpeg} with these arguments. */
    public static void ffmpeg(String... arguments) {
        List<String> all = new ArrayList<>(List.of("-nostdin", "-hide_banner", "-loglevel", "error", "-y"));
        all.addAll(List.of(arguments));
        FfmpegTools tools = FfmpegTools.get();
        try (FfmpegProcess process =
                FfmpegProcess.start(tools, tools.ffmpeg(), all, "test video", false, Duration.ofMinutes(1))) {
            process.read(new byte[1]);
            int status = process.finish();
            if (status != 0) {
                throw new AssertionError(status + ": " + process.errors());
            }
        }
    }

    /** A lossless video of 25 frames a second whose frame n has the grey level n (up to 255). */
    public static Path counting(Path file, double seconds, int width, int height) {
        String source = "nullsrc=s=" + width + "x" + height + ":r=25:d=" + seconds
                + ",format=gbrp,geq=r='min(N,255)':g='min(N,255)':b='min(N,255)'";
        ffmpeg("-f", "lavfi", "-i", source, "-c:v", "png", "-f", "matroska", "file:" + file);
        return file;
    }

    /** Sound whose amplitude in second n is (n + 1) / 10. */
    public static final String RISING = "aevalsrc='0.1*(1+floor(t))*sin(2*PI*440*t)':s=16000:d=";

    /** An H.264 mp4 with sound, its index in front. */
    public static Path mp4(Path file, double seconds, int width, int height) {
        ffmpeg(
                "-f",
                "lavfi",
                "-i",
                "testsrc2=s=" + width + "x" + height + ":r=25:d=" + seconds,
                "-f",
                "lavfi",
                "-i",
                RISING + seconds,
                "-c:v",
                "libopenh264",
                "-pix_fmt",
                "yuv420p",
                "-c:a",
                "aac",
                "-movflags",
                "+faststart",
                "-f",
                "mp4",
                "file:" + file);
        return file;
    }

    /** The grey levels of all frames. */
    static List<Integer> levels(Path file, Sampling sampling) {
        List<Integer> levels = new ArrayList<>();
        try (FrameSource frames = FrameSource.ofVideo(file, VideoProbe.of(file), sampling, VideoLimits.DEFAULT)) {
            frames.forEachRemaining(f -> levels.add(f.image().pixel(0, 0) & 0xff));
        }
        return levels;
    }

    /** Cuts a file. */
    static Path truncated(Path file, double share) {
        try {
            byte[] bytes = Files.readAllBytes(file);
            Path cut = file.resolveSibling("cut-" + file.getFileName());
            Files.write(cut, java.util.Arrays.copyOf(bytes, (int) (bytes.length * share)));
            return cut;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
