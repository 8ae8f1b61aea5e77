package dev.earshot.segmentation.internal;

import dev.earshot.segmentation.StageTimes;
import java.util.LinkedHashMap;
import java.util.Map;

/** Splits the time since its creation into stages, shared equally by a number of frames. */
public final class Stopwatch {
    private final int frames;
    private final Map<String, Long> nanos = new LinkedHashMap<>();
    private long last = System.nanoTime();

    /** Starts now. */
    public Stopwatch(int frames) {
        this.frames = frames;
    }

    /** Books the time since the last call, or since creation, for {@code stage}. */
    public void lap(String stage) {
        long now = System.nanoTime();
        nanos.merge(stage, (now - last) / frames, Long::sum);
        last = now;
    }

    /** Books time that was measured elsewhere for {@code stage}, all frames together; what passed since the last call counts for nothing. */
    public void add(String stage, long measured) {
        nanos.merge(stage, measured / frames, Long::sum);
        last = System.nanoTime();
    }

    /** What one frame took. */
    public StageTimes times() {
        return new StageTimes(nanos);
    }
}
