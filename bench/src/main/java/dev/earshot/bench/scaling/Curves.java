package dev.earshot.bench.scaling;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Series;
import java.util.ArrayList;
import java.util.List;

/**
 * What one part of the measurement found.
 *
 * @param series curves
 * @param figures single numbers read off them
 */
record Curves(List<Series> series, List<Figure> figures) {
    static final String GROUP = "scaling";
    static final String ENGINE = "earshot";

    Curves() {
        this(new ArrayList<>(), new ArrayList<>());
    }

    /**
     * Adds a curve with its exponent and its bend.
     *
     * @param steeper why it might get steeper, in words that follow a colon; said only if it does
     * @param flatter why it might get flatter
     */
    void add(
            String name,
            String x,
            String unit,
            List<Series.Point> points,
            String command,
            String steeper,
            String flatter) {
        PowerLaw law = PowerLaw.of(points);
        String bend = law.bend()
                .map(each -> {
                    String why = each.above() > each.below() ? steeper : flatter;
                    return why.isEmpty() ? each.words() : each.words() + ": " + why;
                })
                .orElse("");
        series.add(new Series(GROUP, name, ENGINE, x, unit, points, law.exponent(), bend, command));
    }

    /** Adds one number that was read off curves. */
    void add(String name, String unit, Series.Point value, int samples, Figure.Better better, String command) {
        figures.add(new Figure(
                GROUP, name, ENGINE, unit, value.value(), value.low(), value.high(), samples, better, command, ""));
    }
}
