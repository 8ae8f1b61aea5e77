package dev.earshot.bench.work;

import java.util.Map;

/**
 * What some ops compute and move.
 *
 * @param flops floating-point operations; a multiply-add counts two
 * @param bytes operands, weights and results of each op, each touched once by that op. What one op leaves in a cache for the
 *     next counts all the same, so this is what a program moves without any fusion, not the least it could move
 */
public record Work(double flops, double bytes) {
    /** Nothing at all. */
    public static final Work NONE = new Work(0, 0);

    /** Both together. */
    public Work plus(Work other) {
        return new Work(flops + other.flops, bytes + other.bytes);
    }

    /** What came on top of an earlier count. */
    public Work minus(Work before) {
        return new Work(flops - before.flops, bytes - before.bytes);
    }

    /** True if something was counted. */
    public boolean counted() {
        return flops > 0 || bytes > 0;
    }

    /** Adds both numbers to the facts of a workload, by the names that the report looks for. */
    public void addTo(Map<String, Object> facts) {
        facts.put("flops", flops);
        facts.put("bytes", bytes);
    }
}
