package dev.earshot.segmentation.video;

import dev.earshot.segmentation.audio.WavFiles;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.output.AtomicFiles;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
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
    private final FfmpegProcess process;
    private OutputStream samples;
    private int soundRateHz;
    private int soundChannels;
    private long frames;
    private boolean finished;

    private VideoWriter(Path file, int width, int height, double framesPerSecond) {
        if (width < 1 || height < 1 || width > 8192 || height > 8192) {
            throw new IllegalArgumentException("video size: expected 1x1 to 8192x8192, got " + width + "x" + height);
        }
        if (!(framesPerSecond >= 0.01 && framesPerSecond <= 240)) {
            throw new IllegalArgumentException("video: expected 0.01 to 240 frames/s, got " + framesPerSecond);
        }
        this.width = width;
        this.height = height;
        this.framesPerSecond = framesPerSecond;
        target = file.toAbsolutePath();
        try {
            Files.createDirectories(target.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
        pictures = AtomicFiles.temporaryBeside(target);
        sound = pictures.resolveSibling(pictures.getFileName() + ".pcm");
        muxed = pictures.resolveSibling(pictures.getFileName() + ".mp4");
        process = start(encoding(FfmpegTools.get().videoEncoder()), true);
    }

    /** Opens a video; a file of that name is replaced when it is finished. It is silent without {@link #sound}. */
    public static VideoWriter open(Path file, int width, int height, double framesPerSecond) {
        return new VideoWriter(file, width, height, framesPerSecond);
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

    /**
     * Adds sound behind the sound so far; it begins with the first picture and is cut or continued with silence to the
     * length of the pictures. All pieces must have one rate and number of channels.
     */
    public void sound(Waveform piece) {
        if (finished) {
            throw new IllegalStateException("video writer: expected sound before finish() and close()");
        }
        if (samples != null && (piece.sampleRateHz() != soundRateHz || piece.channels() != soundChannels)) {
            throw new IllegalArgumentException("video sound: expected " + soundChannels + " channels at " + soundRateHz
                    + " Hz, got " + piece.channels() + " at " + piece.sampleRateHz() + " Hz");
        }
        try {
            if (samples == null) {
                samples = new BufferedOutputStream(Files.newOutputStream(sound), 1 << 16);
                soundRateHz = piece.sampleRateHz();
                soundChannels = piece.channels();
            }
            WavFiles.writePcm16(samples, piece);
        } catch (IOException e) {
            throw new UncheckedIOException(sound + ": cannot be written", e);
        }
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
            if (samples == null) {
                AtomicFiles.move(pictures, target);
                return;
            }
            samples.close();
            addSound();
            AtomicFiles.move(muxed, target);
        } catch (IOException e) {
            throw new UncheckedIOException(target + ": cannot be written", e);
        }
    }

    /** Now that the length of the pictures is known, the sound gets exactly the same. */
    private void addSound() throws IOException {
        List<String> a = new ArrayList<>(List.of("-protocol_whitelist", "file", "-f", "mov", "-i", "file:" + pictures));
        a.addAll(List.of("-protocol_whitelist", "file", "-f", "s16le", "-ar", "" + soundRateHz));
        a.addAll(List.of("-ac", "" + soundChannels, "-i", "file:" + sound, "-map", "0:v", "-map", "1:a"));
        long length = Math.max(1, Math.round(frames / framesPerSecond * soundRateHz));
        String filter = "apad=whole_len=" + length + ",atrim=end_sample=" + length;
        a.addAll(List.of("-c:v", "copy", "-af", filter, "-c:a", "aac", "-b:a", "160k"));
        a.addAll(List.of("-movflags", "+faststart", "-f", "mp4", "file:" + muxed));
        try (FfmpegProcess mux = start(a, false)) {
            check(mux, muxed);
        }
    }

    private static void check(FfmpegProcess process, Path result) throws IOException {
        int status = process.finishWork(); // encoding the sound of an hour takes minutes on a busy machine
        if (status != 0 || !Files.exists(result)) {
            throw new IOException("ffmpeg ended with status " + status + ": " + process.errors());
        }
    }

    @Override
    public void close() {
        finished = true;
        process.close();
        try {
            if (samples != null) {
                samples.close();
            }
        } catch (IOException e) {
            System.getLogger(VideoWriter.class.getName()).log(System.Logger.Level.DEBUG, target.toString(), e);
        }
        AtomicFiles.deleteQuietly(pictures);
        AtomicFiles.deleteQuietly(sound);
        AtomicFiles.deleteQuietly(muxed);
    }
}
