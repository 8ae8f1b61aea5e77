package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.StageTimes;
import java.util.LinkedHashMap;
import java.util.Map;

/** Splits the time since its creation into stages. */
final class Stopwatch {
    private final Map<String, Long> nanos = new LinkedHashMap<>();
    private long last = System.nanoTime();

    /** Books the time since the last call for {@code stage}, shared by {@code frames} frames. */
    void lap(String stage, int frames) {
        long now = System.nanoTime();
        nanos.merge(stage, (now - last) / frames, Long::sum);
        last = now;
    }

    StageTimes times() {
        return new StageTimes(nanos);
    }
}
