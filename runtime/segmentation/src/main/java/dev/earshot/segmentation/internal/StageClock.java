package dev.earshot.segmentation.internal;

import dev.earshot.segmentation.StageTimes;
import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up what the parts of a stage take while it runs; written by its thread, read by any. */
public final class StageClock {
    private final Map<String, Long> nanos = new LinkedHashMap<>();

    /** Books time for a part. */
    public synchronized void add(String part, long more) {
        nanos.merge(part, more, Long::sum);
    }

    /** Books the parts of a stage that keeps them itself. */
    public void add(StageTimes times) {
        times.nanos().forEach(this::add);
    }

    /** The sums so far. */
    public synchronized StageTimes times() {
        return new StageTimes(nanos);
    }
}
