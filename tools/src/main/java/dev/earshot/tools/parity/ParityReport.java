package dev.earshot.tools.parity;

import dev.earshot.tools.parity.CaseResult.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A run over many cases: which of them run, and whether the whole run passes.
 *
 * @param results one per case, in the order of the cases
 * @param asked whether kinds were asked for by name
 */
public record ParityReport(List<CaseResult> results, boolean asked) {
    public ParityReport {
        results = List.copyOf(results);
    }

    /**
     * Runs every case whose kind matches one of {@code kinds}, or all cases if {@code kinds} is empty. Cases that need
     * gigabytes run only when asked for.
     *
     * @param each gets every result as soon as it is there
     */
    public static ParityReport run(
            List<GoldenCase> cases,
            List<String> kinds,
            Map<String, KindRunner> runners,
            Parity parity,
            Consumer<CaseResult> each) {
        List<CaseResult> results = new ArrayList<>();
        for (GoldenCase golden : cases) {
            boolean asked = kinds.stream().anyMatch(glob -> CheckRule.globMatches(glob, golden.kind()));
            if (!asked && !kinds.isEmpty()) {
                continue;
            }
            KindRunner runner = runners.get(golden.kind());
            CaseResult result = !asked && runner != null && !runner.runsUnasked()
                    ? CaseResult.skipped(golden, "large; ask for it with --kind " + golden.kind())
                    : parity.run(golden);
            results.add(result);
            each.accept(result);
        }
        return new ParityReport(results, !kinds.isEmpty());
    }

    /** How many cases ended so. */
    public long count(Status status) {
        return results.stream().filter(result -> result.status() == status).count();
    }

    /** True if no case failed, and no case of a kind that was asked for is of a kind not built yet. */
    public boolean passed() {
        return count(Status.FAIL) == 0 && !(asked && count(Status.UNSUPPORTED) > 0);
    }

    /** The closing line. */
    public String summary() {
        return "%d cases: %d passed, %d failed, %d unsupported, %d skipped"
                .formatted(
                        results.size(),
                        count(Status.PASS),
                        count(Status.FAIL),
                        count(Status.UNSUPPORTED),
                        count(Status.SKIPPED));
    }
}
