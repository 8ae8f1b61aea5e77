package dev.earshot.bindings;

import dev.earshot.bindings.LibraryReport.Attempt;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A native library cannot be found, unpacked or loaded. The message is complete: it says what was looked for, every
 * place that was tried with the reason why it failed, and what to do about it.
 */
public final class NativeLibraryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String problem;
    private final String advice;
    private final transient List<Attempt> attempts;

    /** With the complete message and the error of the last attempt, or {@code null} if there is none. */
    NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
        problem = message;
        advice = "";
        attempts = List.of();
    }

    /** With the message {@code problem; tried place: outcome; ... — advice}. */
    NativeLibraryException(String problem, List<Attempt> attempts, String advice, Throwable cause) {
        super(
                "%s; tried %s — %s"
                        .formatted(
                                problem,
                                attempts.stream().map(Attempt::toString).collect(Collectors.joining("; ")),
                                advice),
                cause);
        this.problem = problem;
        this.advice = advice;
        this.attempts = List.copyOf(attempts);
    }

    /** The message without the places and the advice. */
    public String problem() {
        return problem;
    }

    /** The places that were tried, in order; empty if the message is not about places. */
    public List<Attempt> attempts() {
        return attempts == null ? List.of() : attempts;
    }

    /** What to do about it; empty if the message has it all. */
    public String advice() {
        return advice;
    }
}
