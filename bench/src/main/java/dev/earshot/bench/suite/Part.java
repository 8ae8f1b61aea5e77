package dev.earshot.bench.suite;

import java.util.List;
import java.util.function.Function;

/**
 * One of the programs that a run consists of.
 *
 * @param name as {@code --only} takes it
 * @param question what it answers
 * @param device {@code cpu} or {@code cuda}
 * @param peersOnly true if it needs other libraries, so that it runs with {@code --peers} alone
 * @param plan its processes
 */
record Part(String name, String question, String device, boolean peersOnly, Function<Setting, List<Step>> plan) {
    /** Its processes in this setting. */
    List<Step> steps(Setting setting) {
        return plan.apply(setting);
    }
}
