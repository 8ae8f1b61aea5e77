package dev.earshot.segmentation.video;

import dev.earshot.segmentation.MediaException;
import dev.earshot.segmentation.image.RgbImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Pictures of a video, decoded by FFmpeg to raw RGB of a size known beforehand. Holds one frame; the decoder waits in
 * its pipe until the next is asked for.
 */
final class VideoFrames implements FrameSource {
    private final Path file;
    private final Sampling sampling;
    private final VideoLimits limits;
    private final int width;
    private final int height;
    private final int expected; // -1 unknown
    private final List<String> notes = new CopyOnWriteArrayList<>(); // asked for by other threads
    private FfmpegProcess process;
    private RgbImage pending;
    private int index;
    private boolean ended;
    private boolean stopped; // guarded by this, as is the change of the process

    VideoFrames(Path file, VideoProbe probe, Sampling sampling, VideoLimits limits) {
        Input.check(file);
        this.file = file;
        this.sampling = sampling;
        this.limits = limits;
        String name = Input.name(file);
        if (!probe.hasVideo()) {
            throw MediaException.of(name, "pictures", "sound only", "give the sound beside a picture or frames");
        }
        double length = Double.isNaN(probe.seconds()) ? 0 : probe.seconds() - sampling.startSeconds();
        if (Math.min(length, sampling.seconds()) > limits.maxSeconds()) {
            throw MediaException.of(
                    name + " length",
                    "at most " + limits.maxSeconds() + " s",
                    probe.seconds() + " s",
                    "take a part of it, or raise the limit");
        }
        expected = Double.isNaN(probe.seconds()) ? -1 : sampling.expectedFrames(probe.seconds());
        double shrink = Math.min(1, (double) limits.maxSide() / Math.max(probe.width(), probe.height()));
        width = (int) Math.max(1, Math.round(probe.width() * shrink));
        height = (int) Math.max(1, Math.round(probe.height() * shrink));
        process = start(Math.max(0, sampling.pick().phase() - 0.5));
    }

    /**
     * The filters: shift time so that the picked moment is a whole period, repeat the last picture for {@code padding}
     * periods, take the newest picture not after each period's begin, force size and layout.
     */
    private FfmpegProcess start(double padding) {
        double period = 1 / sampling.framesPerSecond();
        String filters = "setpts=PTS-" + Input.number(sampling.pick().phase() * period) + "/TB"
                + (padding == 0 ? "" : ",tpad=stop_mode=clone:stop_duration=" + Input.number(padding * period))
                + ",fps=fps=" + Input.number(sampling.framesPerSecond()) + ":start_time=0:round=up"
                + ",scale=" + width + ":" + height + ":flags=bicubic+accurate_rnd+full_chroma_int"
                + ",format=rgb24";
        List<String> arguments = new ArrayList<>(Input.quiet());
        arguments.addAll(Input.guards(limits));
        if (sampling.startSeconds() > 0) {
            arguments.addAll(List.of("-ss", Input.number(sampling.startSeconds())));
        }
        arguments.addAll(List.of("-t", Input.number(Math.min(limits.maxSeconds(), sampling.seconds()))));
        arguments.addAll(Input.input(file));
        arguments.addAll(List.of("-map", "0:V:0", "-an", "-sn", "-dn", "-vf", filters, "-fps_mode", "passthrough"));
        arguments.addAll(
                List.of("-frames:v", "" + limits.maxFrames(), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"));
        FfmpegTools tools = FfmpegTools.get();
        return FfmpegProcess.start(tools, tools.ffmpeg(), arguments, Input.name(file), false, limits.stall());
    }

    @Override
    public boolean hasNext() {
        if (pending == null && !ended) {
            pending = decode();
            if (pending == null && index == 0 && !isStopped()) {
                pending = decodeTooShort();
            }
            if (pending == null) {
                end();
            }
        }
        return pending != null;
    }

    /** The next picture, or null at the end of the stream. */
    private RgbImage decode() {
        byte[] rgb = new byte[Math.toIntExact(3L * width * height)];
        return process.read(rgb) == rgb.length ? new RgbImage(width, height, rgb) : null;
    }

    /** A video of less than half a period has no picture at any picked moment; its last one is taken then. */
    private RgbImage decodeTooShort() {
        int status = process.finish();
        String errors = process.errors();
        process.close();
        if (!restart()) {
            return null;
        }
        RgbImage image = decode();
        if (image == null && !isStopped()) {
            process.finish();
            String last = process.errors();
            close();
            throw Input.undecodable(file, last.isEmpty() ? errors + (status == 0 ? "" : " (" + status + ")") : last);
        }
        return image;
    }

    private synchronized boolean restart() {
        if (!stopped) {
            process = start(1);
        }
        return !stopped;
    }

    private synchronized boolean isStopped() {
        return stopped;
    }

    @Override
    public synchronized void stop() {
        stopped = true;
        process.kill();
    }

    private void end() {
        process.finish();
        if (isStopped()) {
            close();
            return; // the process was ended on purpose and nothing follows from how
        }
        String errors = process.errors();
        if (index >= limits.maxFrames()) {
            notes.add(Input.name(file) + ": stopped at the limit of " + limits.maxFrames() + " frames");
        } else if (expected - index > 1 || expected > index && !errors.isEmpty()) {
            notes.add(Input.name(file) + ": expected " + expected + " frames by its header, got " + index
                    + " — the file seems truncated; what could be decoded was used");
        }
        if (!errors.isEmpty()) {
            notes.add(Input.name(file) + ": damaged places were concealed (" + errors + ")");
        }
        close();
    }

    @Override
    public Frame next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more frames");
        }
        Frame frame = new Frame(index, sampling.timeOf(index), pending);
        pending = null;
        index++;
        return frame;
    }

    @Override
    public List<String> notes() {
        return List.copyOf(notes);
    }

    @Override
    public void close() {
        ended = true;
        pending = null;
        process.close();
    }
}
