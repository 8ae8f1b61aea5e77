package dev.earshot.tensor.cpu;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Time per kind of step as worker 0 sees it, the wait for the others included. Switched on by
 * {@code -Dearshot.profile=true}; the backend prints the table when it is closed. Off, it costs one branch per step.
 */
final class Profile {
    private final boolean enabled;
    private final Map<String, Total> totals = new HashMap<>();

    private static final class Total {
        private long calls;
        private long nanos;
        private long flops;
    }

    Profile(boolean enabled) {
        this.enabled = enabled;
    }

    long start() {
        return enabled ? System.nanoTime() : 0;
    }

    void stop(Step step, long start) {
        if (enabled) {
            long elapsed = System.nanoTime() - start;
            Total total = totals.computeIfAbsent(step.name(), name -> new Total());
            total.calls++;
            total.nanos += elapsed;
            total.flops += step.flops();
        }
    }

    boolean isEmpty() {
        return totals.isEmpty();
    }

    /** One line per kind of step, the most expensive first. */
    @Override
    public String toString() {
        List<Map.Entry<String, Total>> rows = new ArrayList<>(totals.entrySet());
        rows.sort(Comparator.comparingLong(row -> -row.getValue().nanos));
        long all =
                Math.max(1, rows.stream().mapToLong(row -> row.getValue().nanos).sum());
        StringBuilder table = new StringBuilder("   share     total ms    calls   us/call   GF/s  step\n");
        for (Map.Entry<String, Total> row : rows) {
            Total total = row.getValue();
            String rate = total.flops == 0 ? "-" : "%.0f".formatted((double) total.flops / total.nanos);
            table.append("%7.1f%% %12.2f %8d %9.1f %6s  %s%n"
                    .formatted(
                            100.0 * total.nanos / all,
                            total.nanos / 1e6,
                            total.calls,
                            total.nanos / 1e3 / total.calls,
                            rate,
                            row.getKey()));
        }
        return table.append("total %.2f ms%n".formatted(all / 1e6)).toString();
    }
}
