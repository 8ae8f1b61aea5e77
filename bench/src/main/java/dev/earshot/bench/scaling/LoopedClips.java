package dev.earshot.bench.scaling;

import dev.earshot.segmentation.video.FfmpegTools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Clips of any length, made by repeating one without encoding it again. */
final class LoopedClips {
    private final Path sample;
    private final Path folder;

    LoopedClips(Path sample, Path folder) {
        if (!Files.isRegularFile(sample)) {
            throw new IllegalArgumentException("sample: expected a video, got " + sample
                    + " which is no file — run in the checkout or give --sample");
        }
        this.sample = sample;
        this.folder = folder;
    }

    /** A clip of so many seconds; made once. */
    Path ofSeconds(int seconds) {
        Path clip = folder.resolve("clip-" + seconds + "s.mp4");
        if (Files.exists(clip)) {
            return clip;
        }
        FfmpegTools tools = FfmpegTools.get();
        ProcessBuilder ffmpeg = new ProcessBuilder(List.of(
                        tools.ffmpeg().toString(),
                        "-v",
                        "error",
                        "-nostdin",
                        "-stream_loop",
                        "-1",
                        "-i",
                        sample.toAbsolutePath().toString(),
                        "-t",
                        "" + seconds,
                        "-c",
                        "copy",
                        clip.toString()))
                .redirectErrorStream(true);
        ffmpeg.environment().putAll(tools.environment());
        try {
            Process process = ffmpeg.start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException(
                        "ffmpeg: expected exit status 0, got " + process.exitValue() + " (" + clip + "): " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("ffmpeg: " + tools.ffmpeg() + " did not start", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("ffmpeg: interrupted", e);
        }
        return clip;
    }
}
