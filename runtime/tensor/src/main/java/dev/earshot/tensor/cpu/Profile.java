package dev.earshot.tensor.cpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Time per kind of step: from its begin until all workers have met, as worker 0 sees it, and how much of that the workers
 * were at work. The least time of a call is what the step takes when nobody else uses the processors; the difference of the
 * two totals is what others took. Switched on by {@code -Dearshot.profile=true}; the backend logs the table when it is
 * closed. Off, it costs one branch per step and worker.
 */
final class Profile {
    private final boolean enabled;
    private final List<Map<String, Total>> workers = new ArrayList<>(); // each written by its worker alone

    private static final class Total {
        private long calls;
        private long nanos;
        private long least = Long.MAX_VALUE;
        private long busy;
        private long flops;
    }

    Profile(boolean enabled, int workers) {
        this.enabled = enabled;
        for (int i = 0; i < workers; i++) {
            this.workers.add(new HashMap<>());
        }
    }

    /** The time, if anybody wants to know. */
    long now() {
        return enabled ? System.nanoTime() : 0;
    }

    /** A worker's share of a step lasted from {@code start} until {@code done}, and the others have done theirs by now. */
    void stop(int worker, Step step, long start, long done) {
        if (enabled) {
            long elapsed = System.nanoTime() - start;
            Total total = workers.get(worker).computeIfAbsent(step.name(), name -> new Total());
            total.calls++;
            total.nanos += elapsed;
            total.least = Math.min(total.least, elapsed);
            total.busy += done - start;
            total.flops += step.flops();
        }
    }

    /** True if no step has been timed; asked, as is the table, when the workers have stopped. */
    boolean isEmpty() {
        return workers.getFirst().isEmpty();
    }

    /** One line per kind of step, the most expensive first. */
    @Override
    public String toString() {
        List<Map.Entry<String, Total>> rows = new ArrayList<>(workers.getFirst().entrySet());
        rows.sort(Comparator.comparingLong(row -> -leastOfAll(row.getValue())));
        long all = 0;
        long allLeast = 0;
        for (Map.Entry<String, Total> row : rows) {
            all += row.getValue().nanos;
            allLeast += leastOfAll(row.getValue());
        }
        StringBuilder table = new StringBuilder(
                "  share  least ms  total ms    calls  least us   us/call  best GF/s  mean GF/s  busy  step%n"
                        .formatted());
        for (Map.Entry<String, Total> row : rows) {
            Total total = row.getValue();
            table.append("%6.1f%% %9.2f %9.2f %8d %9.1f %9.1f %10s %10s %4.0f%%  %s%n"
                    .formatted(
                            100.0 * leastOfAll(total) / Math.max(1, allLeast),
                            leastOfAll(total) / 1e6,
                            total.nanos / 1e6,
                            total.calls,
                            total.least / 1e3,
                            total.nanos / 1e3 / total.calls,
                            rate(total.flops, leastOfAll(total)),
                            rate(total.flops, total.nanos),
                            100.0 * busy(row.getKey()) / Math.max(1, total.nanos * workers.size()),
                            row.getKey()));
        }
        return table.append("total %.2f ms, at least times %.2f ms%n".formatted(all / 1e6, allLeast / 1e6))
                .toString();
    }

    /** What the calls would have taken had each been as fast as the fastest. */
    private static long leastOfAll(Total total) {
        return total.least * total.calls;
    }

    private static String rate(long flops, long nanos) {
        return flops == 0 ? "-" : "%.0f".formatted((double) flops / Math.max(1, nanos));
    }

    private long busy(String step) {
        return workers.stream()
                .mapToLong(totals -> totals.containsKey(step) ? totals.get(step).busy : 0)
                .sum();
    }
}
