package dev.earshot.segmentation.internal;

import dev.earshot.segmentation.ClipFrame;
import dev.earshot.segmentation.ClipStream;

/** The frames of a clip as they are. Runs on the thread of an {@link Ahead}. */
public final class ClipReader implements Ahead.Source<ClipFrame> {
    private final ClipStream stream;
    private final StageClock clock;

    /** Reads {@code stream} and closes it. */
    public ClipReader(ClipStream stream, StageClock clock) {
        this.stream = stream;
        this.clock = clock;
    }

    @Override
    public ClipFrame next() {
        long started = System.nanoTime();
        ClipFrame frame = stream.hasNext() ? stream.next() : null;
        clock.add("decode", System.nanoTime() - started);
        return frame;
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
