package dev.earshot.tools.parity;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * The outcome of one case.
 *
 * @param kind what is computed
 * @param name the case's folder below the root
 * @param setting backend and precision, for example {@code cpu bf16}
 * @param status passed, failed, of a kind not built yet, or left out
 * @param checks the compared tensors
 * @param error why nothing could be compared, otherwise empty
 */
public record CaseResult(
        String kind, String name, String setting, Status status, List<TensorCheck> checks, String error) {
    /** The outcome. */
    public enum Status {
        PASS,
        FAIL,
        UNSUPPORTED,
        SKIPPED
    }

    public CaseResult {
        checks = List.copyOf(checks);
    }

    static CaseResult unsupported(GoldenCase golden, String reason) {
        return new CaseResult(golden.kind(), golden.name(), "", Status.UNSUPPORTED, List.of(), reason);
    }

    static CaseResult skipped(GoldenCase golden, String reason) {
        return new CaseResult(golden.kind(), golden.name(), "", Status.SKIPPED, List.of(), reason);
    }

    static CaseResult failed(GoldenCase golden, String setting, String error) {
        return new CaseResult(golden.kind(), golden.name(), setting, Status.FAIL, List.of(), error);
    }

    static CaseResult of(GoldenCase golden, String setting, List<TensorCheck> checks) {
        Status status = checks.stream().allMatch(TensorCheck::passed) ? Status.PASS : Status.FAIL;
        return new CaseResult(golden.kind(), golden.name(), setting, status, checks, "");
    }

    /** One line: status, kind, case, setting, worst tensor with its error and tolerance. */
    public String line() {
        String detail = error;
        if (!checks.isEmpty()) {
            TensorCheck worst = checks.stream()
                    .max(Comparator.comparingDouble(TensorCheck::load))
                    .orElseThrow();
            detail = "%d tensors, worst %s".formatted(checks.size(), worst.describe());
        }
        return String.format(
                Locale.ROOT,
                "%-11s %-26s %-28s %-14s %s",
                status.name().toLowerCase(Locale.ROOT),
                kind,
                name,
                setting,
                detail);
    }
}
