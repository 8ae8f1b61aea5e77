package dev.earshot.bench.suite;

import dev.earshot.bench.result.Figure;

/**
 * One figure with what makes it comparable.
 *
 * @param figure what was measured
 * @param rate the same as work per second
 * @param beside where it is ours: the same by others
 * @param allocated bytes of Java heap per call, JMH's own taken off; NaN if not measured
 */
record Result(Figure figure, Rate rate, Beside beside, double allocated) {
    /** Engine of everything that is ours. */
    static final String OURS = "earshot";

    boolean isOurs() {
        return figure.engine().equals(OURS);
    }

    /** What a later run is compared by. */
    String key() {
        return "%s | %s | %s | %s".formatted(figure.group(), figure.name(), figure.engine(), figure.unit());
    }
}
