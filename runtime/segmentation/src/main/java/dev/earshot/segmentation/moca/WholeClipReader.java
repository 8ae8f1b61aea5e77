package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.ClipStream;
import dev.earshot.segmentation.internal.Ahead;
import dev.earshot.segmentation.internal.StageClock;
import java.util.ArrayList;
import java.util.List;

/** All frames of a clip at once, for clip-wise clustering. Runs on the thread of an {@link Ahead}. */
final class WholeClipReader implements Ahead.Source<List<ClipFrame>> {
    private final ClipStream stream;
    private final StageClock clock;
    private final long mostBytes;

    /** Pictures and sound may take up half of the heap; the networks' results need the rest. */
    WholeClipReader(ClipStream stream, StageClock clock) {
        this(stream, clock, Runtime.getRuntime().maxMemory() / 2);
    }

    WholeClipReader(ClipStream stream, StageClock clock, long mostBytes) {
        this.stream = stream;
        this.clock = clock;
        this.mostBytes = mostBytes;
    }

    /**
     * All frames, then null.
     *
     * @throws IllegalArgumentException if they take more memory than they may
     */
    @Override
    public List<ClipFrame> next() {
        long started = System.nanoTime();
        List<ClipFrame> frames = new ArrayList<>();
        long bytes = 0;
        while (stream.hasNext()) {
            ClipFrame frame = stream.next();
            frames.add(frame);
            bytes += frame.image().rgb().length + (long) Float.BYTES * frame.sound().length;
            if (bytes > mostBytes) {
                throw new IllegalArgumentException(
                        ("clip-wise clustering keeps all frames in memory: expected at most %d MB of pictures and sound, "
                                        + "got more with frame %d — cluster frame by frame (--scope frame), or give Java "
                                        + "more memory (-Xmx)")
                                .formatted(mostBytes >> 20, frame.index()));
            }
        }
        clock.add("decode", System.nanoTime() - started);
        return frames.isEmpty() ? null : frames;
    }

    @Override
    public void stop() {
        stream.stop();
    }

    @Override
    public void close() {
        stream.close();
    }
}
