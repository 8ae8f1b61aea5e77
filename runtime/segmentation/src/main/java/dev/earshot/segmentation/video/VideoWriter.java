package dev.earshot.segmentation.video;

import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Writes pictures, and sound if there is some, as an H.264/AAC mp4 that browsers play. The file appears under its name
 * when {@link #finish()} returns; {@link #close()} without it leaves nothing behind.
 *
 * <pre>{@code
 * try (VideoWriter video = VideoWriter.open(file, 640, 360, 25)) {
 *     for (RgbImage frame : frames) video.write(frame);
 *     video.finish();
 * }
 * }</pre>
 */
public final class VideoWriter implements AutoCloseable {
    private static final Duration STALL = Duration.ofMinutes(2);

    /** Slower videos repeat pictures: several players stutter or show nothing below this rate. */
    private static final double MIN_RATE = 10;

    private final Path target;
    private final Path pictures;
    private final Path sound;
    private final Path muxed;
    private final int width;
    private final int height;
    private final double framesPerSecond;
    private final Waveform wave;
    private final FfmpegProcess process;
    private long frames;
    private boolean finished;

    private VideoWriter(Path file, int width, int height, double framesPerSecond, Waveform wave) {
        if (width < 1 || height < 1 || width > 8192 || height > 8192) {
            throw new IllegalArgumentException("video size: expected 1x1 to 8192x8192, got " + width + "x" + height);
        }
        if (!(framesPerSecond >= 0.01 && framesPerSecond <= 240)) {
            throw new IllegalArgumentException("video: expected 0.01 to 240 frames/s, got " + framesPerSecond);
        }
        this.width = width;
        this.height = height;
        this.framesPerSecond = framesPerSecond;
        this.wave = wave;
        target = file.toAbsolutePath();
        try {
            Files.createDirectories(target.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
        pictures = AtomicFiles.temporaryBeside(target);
        sound = pictures.resolveSibling(pictures.getFileName() + ".wav");
        muxed = pictures.resolveSibling(pictures.getFileName() + ".mp4");
        process = start(encoding(FfmpegTools.get().videoEncoder()), true);
    }

    /** Opens a silent video; a file of that name is replaced when it is finished. */
    public static VideoWriter open(Path file, int width, int height, double framesPerSecond) {
        return open(file, width, height, framesPerSecond, Waveform.mono(new float[0], 16_000));
    }

    /** Opens a video with sound, which is cut or continued with silence to the length of the pictures. */
    public static VideoWriter open(Path file, int width, int height, double framesPerSecond, Waveform sound) {
        return new VideoWriter(file, width, height, framesPerSecond, sound);
    }

    private FfmpegProcess start(List<String> arguments, boolean feeds) {
        List<String> all = new ArrayList<>(List.of("-nostdin", "-hide_banner", "-loglevel", "error", "-threads", "2"));
        all.addAll(arguments);
        FfmpegTools tools = FfmpegTools.get();
        return FfmpegProcess.start(tools, tools.ffmpeg(), all, String.valueOf(target.getFileName()), feeds, STALL);
    }

    private List<String> encoding(List<String> encoder) {
        List<String> a = new ArrayList<>(List.of("-protocol_whitelist", "file,pipe", "-f", "rawvideo"));
        a.addAll(List.of("-pix_fmt", "rgb24", "-s", width + "x" + height));
        a.addAll(List.of("-framerate", Input.number(framesPerSecond), "-i", "pipe:0"));
        double repeats = Math.ceil(MIN_RATE / framesPerSecond);
        // yuv420p needs even sides; a black row or column is added where a side is odd.
        String filters = (repeats > 1 ? "fps=" + Input.number(framesPerSecond * repeats) + "," : "")
                + "scale=out_color_matrix=bt709:flags=bicubic+accurate_rnd+full_chroma_int"
                + ",format=yuv420p,pad=ceil(iw/2)*2:ceil(ih/2)*2"
                + ",setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709";
        a.addAll(List.of("-vf", filters, "-g", "50"));
        a.addAll(encoder);
        a.addAll(List.of("-movflags", "+faststart", "-f", "mp4", "file:" + pictures));
        return a;
    }

    /** Adds a picture of the video's size. */
    public void write(RgbImage frame) {
        if (finished) {
            throw new IllegalStateException("video writer: expected frames before finish() and close()");
        }
        if (frame.width() != width || frame.height() != height) {
            throw new IllegalArgumentException(
                    "video frame: expected " + width + "x" + height + ", got " + frame.width() + "x" + frame.height());
        }
        process.write(frame.rgb());
        frames++;
    }

    /** Completes the file and gives it its name; at least one frame must have been written. */
    public void finish() {
        if (finished) {
            return;
        }
        if (frames == 0) {
            throw new IllegalStateException("video writer: expected at least one frame before finish(), got none");
        }
        finished = true;
        try {
            check(process, pictures);
            if (wave.length() == 0) {
                AtomicFiles.move(pictures, target);
                return;
            }
            addSound();
            AtomicFiles.move(muxed, target);
        } catch (IOException e) {
            throw new UncheckedIOException(target + ": cannot be written", e);
        }
    }

    /** Now that the length of the pictures is known, the sound gets exactly the same. */
    private void addSound() throws IOException {
        int samples = Math.toIntExact(Math.round(frames / framesPerSecond * wave.sampleRateHz()));
        float[][] channels = new float[wave.channels()][];
        for (int c = 0; c < channels.length; c++) {
            channels[c] = Arrays.copyOf(wave.channel(c), Math.max(1, samples));
        }
        WavFiles.write(sound, new Waveform(channels, wave.sampleRateHz()), WavFiles.Encoding.PCM16);
        List<String> a = new ArrayList<>(List.of("-protocol_whitelist", "file", "-f", "mov", "-i", "file:" + pictures));
        a.addAll(List.of("-protocol_whitelist", "file", "-f", "wav", "-i", "file:" + sound));
        a.addAll(List.of("-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-b:a", "160k"));
        a.addAll(List.of("-movflags", "+faststart", "-f", "mp4", "file:" + muxed));
        try (FfmpegProcess mux = start(a, false)) {
            check(mux, muxed);
        }
    }

    private static void check(FfmpegProcess process, Path result) throws IOException {
        int status = process.finish();
        if (status != 0 || !Files.exists(result)) {
            throw new IOException("ffmpeg ended with status " + status + ": " + process.errors());
        }
    }

    @Override
    public void close() {
        finished = true;
        process.close();
        AtomicFiles.deleteQuietly(pictures);
        AtomicFiles.deleteQuietly(sound);
        AtomicFiles.deleteQuietly(muxed);
    }
}
