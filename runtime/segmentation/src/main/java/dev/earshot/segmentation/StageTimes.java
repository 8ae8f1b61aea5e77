package dev.earshot.segmentation;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Nanoseconds by stage, in the order the stages come in.
 *
 * @param nanos stage to nanoseconds
 */
public record StageTimes(Map<String, Long> nanos) {
    /** Nothing took any time. */
    public static final StageTimes NONE = new StageTimes(Map.of());

    public StageTimes {
        nanos = Collections.unmodifiableMap(new LinkedHashMap<>(nanos));
    }

    /** These and the other's, added up stage by stage. */
    public StageTimes plus(StageTimes other) {
        Map<String, Long> sum = new LinkedHashMap<>(nanos);
        other.nanos.forEach((stage, nanos) -> sum.merge(stage, nanos, Long::sum));
        return new StageTimes(sum);
    }

    /** All stages together. */
    public long totalNanos() {
        return nanos.values().stream().mapToLong(Long::longValue).sum();
    }
}
