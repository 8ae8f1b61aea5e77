package dev.earshot.bench.suite;

import dev.earshot.bench.result.Machine;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * Something the project wants to reach.
 *
 * @param name what, in the words of the page
 * @param limit the number to reach
 * @param atLeast true if more is better
 * @param unit behind the number: {@code x}, {@code s}, {@code bytes}
 * @param needs instructions without which the precision is emulated, {@code bf16}: the verdict then says so; empty: none
 * @param value finds what was reached; NaN if it was not measured
 */
record Aim(
        String name, double limit, boolean atLeast, String unit, String needs, Function<List<Result>, Double> value) {
    /**
     * What became of an aim.
     *
     * @param limit for example {@code >= 1.2 x}
     * @param reached NaN if not measured
     * @param verdict {@code met}, {@code missed} or {@code not measured} with the reason
     */
    record Verdict(String name, String limit, double reached, String unit, String verdict) {}

    Verdict judge(List<Result> results, Machine machine) {
        boolean emulated = machine.instructions().stream().noneMatch(set -> set.contains(needs)) && !needs.isEmpty();
        double reached = value.apply(results);
        boolean met = atLeast ? reached >= limit : reached <= limit;
        String verdict = Double.isNaN(reached)
                ? "not measured"
                : (met ? "met" : "missed")
                        + (emulated ? ", with %s emulated: no such instructions here".formatted(needs) : "");
        String text = String.format(Locale.ROOT, "%s %s %s", atLeast ? "≥" : "≤", number(limit), unit);
        return new Verdict(name, text, reached, unit, verdict);
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString(Math.round(value)) : Double.toString(value);
    }
}
