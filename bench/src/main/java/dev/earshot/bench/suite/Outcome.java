package dev.earshot.bench.suite;

/**
 * How a step ended.
 *
 * @param part name of its part
 * @param device {@code cpu} or {@code cuda}
 * @param step its own name
 * @param file what it was to write
 * @param status {@code measured}, {@code failed} or {@code not run}
 * @param seconds it took
 * @param reason why it failed or did not run, {@value #FEW_REPEATS} of a quick one that was measured; empty otherwise
 */
record Outcome(String part, String device, String step, String file, String status, double seconds, String reason) {
    static final String MEASURED = "measured";
    static final String FAILED = "failed";
    static final String NOT_RUN = "not run";

    /** The reason why a measured step's figures mean less. */
    static final String FEW_REPEATS = "few repeats";

    /** True if it was measured with no less effort than {@code setting} asks for. */
    boolean isDone(Setting setting) {
        return status.equals(MEASURED) && (setting.quick() || !isQuick());
    }

    /** True if it was measured in a quick run. */
    boolean isQuick() {
        return status.equals(MEASURED) && reason.equals(FEW_REPEATS);
    }
}
