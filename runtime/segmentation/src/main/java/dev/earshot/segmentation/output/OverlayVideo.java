package dev.earshot.segmentation.output;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.audio.Waveform;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.video.VideoWriter;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * The frames of a clip with their masks drawn in, as an mp4 with the clip's sound. The file appears when {@link #finish}
 * returns; closing without it leaves nothing behind.
 */
public final class OverlayVideo implements AutoCloseable {
    private static final int RATE_HZ = 16_000;

    private final Path file;
    private final double framesPerSecond;
    private VideoWriter writer;
    private int width;
    private int height;

    /**
     * Begins a video.
     *
     * @param framesPerSecond of the clip; below one frame a second the video is silent, for frames then come with less
     *     sound than they last
     */
    public OverlayVideo(Path file, double framesPerSecond) {
        this.file = file;
        this.framesPerSecond = framesPerSecond;
    }

    /** Adds a frame with its mask of the same size. The first frame decides the size of the video. */
    public void add(ClipFrame frame, BinaryMask mask) {
        RgbImage drawn = Overlay.draw(frame.image(), mask);
        if (writer == null) {
            width = drawn.width();
            height = drawn.height();
            writer = VideoWriter.open(file, width, height, framesPerSecond);
        } else if (drawn.width() != width || drawn.height() != height) {
            drawn = Resampler.resize(drawn, width, height, Filter.BICUBIC);
        }
        writer.write(drawn);
        if (framesPerSecond >= 1) {
            writer.sound(Waveform.mono(ownSound(frame), RATE_HZ));
        }
    }

    /** The part of the frame's second that no other frame has: its own period. */
    private float[] ownSound(ClipFrame frame) {
        double period = 1 / framesPerSecond;
        double windowStart = Math.max(0, (frame.index() + 0.5) * period - 0.5);
        long from = Math.round(frame.index() * period * RATE_HZ);
        long to = Math.round((frame.index() + 1) * period * RATE_HZ);
        int offset = (int) (from - Math.round(windowStart * RATE_HZ));
        return Arrays.copyOfRange(frame.sound(), offset, offset + (int) (to - from));
    }

    /** Completes the video; at least one frame must have been added. */
    public void finish() {
        if (writer == null) {
            throw new IllegalStateException("overlay video: expected at least one frame, got none");
        }
        writer.finish();
    }

    @Override
    public void close() {
        if (writer != null) {
            writer.close();
        }
    }
}
