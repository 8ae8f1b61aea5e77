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

    /** True if the options name the part or one of its processes, as in {@code peers:vit}. */
    boolean isNamed(List<String> only) {
        return only.stream().anyMatch(each -> each.equals(name) || each.startsWith(name + ":"));
    }

    /** The part with the processes alone that the options name; all of them where they name the part, or nothing. */
    Part among(List<String> only) {
        if (only.isEmpty() || only.contains(name)) {
            return this;
        }
        String before = device.equals("cuda") ? "cuda-" : "";
        return new Part(
                name,
                question,
                device,
                peersOnly,
                setting -> steps(setting).stream()
                        .filter(step -> only.stream()
                                .anyMatch(each -> step.file().equals(before + each.replace(':', '-') + ".json")))
                        .toList());
    }
}
