package dev.earshot.bench.suite;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Figures that a program of this module wrote, each of ours set beside the others of the same name. */
final class FigureResults {
    private FigureResults() {}

    private static final Map<String, Double> SECONDS = Map.of("us", 1e-6, "ms", 1e-3, "s", 1.0);

    static List<Result> of(List<Figure> figures, Limits limits) {
        return figures.stream()
                .map(figure -> new Result(
                        figure,
                        rate(figure, limits.of(figure.name())),
                        figure.engine().equals(Result.OURS) ? beside(figure, figures) : Beside.NOBODY,
                        Double.NaN))
                .toList();
    }

    private static Rate rate(Figure figure, Yardstick peak) {
        if (figure.unit().equals("GB/s")) {
            return Rate.ofBandwidth(figure.value(), peak);
        }
        double seconds = figure.value() * SECONDS.getOrDefault(figure.unit(), Double.NaN);
        return figure.work().counted() && !(seconds <= 0)
                ? Rate.of(figure.work().flops(), figure.work().bytes(), seconds, peak)
                : Rate.NONE;
    }

    private static Beside beside(Figure ours, List<Figure> all) {
        if (ours.better() == Better.NEITHER) {
            return Beside.NOBODY;
        }
        Comparator<Figure> goodness = Comparator.comparingDouble(Figure::value);
        return all.stream()
                .filter(other -> !other.engine().equals(Result.OURS)
                        && other.group().equals(ours.group())
                        && other.name().equals(ours.name())
                        && other.unit().equals(ours.unit()))
                .min(ours.better() == Better.LOWER ? goodness : goodness.reversed())
                .map(best -> ratio(ours, best))
                .orElse(Beside.NOBODY);
    }

    private static Beside ratio(Figure ours, Figure best) {
        return ours.better() == Better.LOWER
                ? new Beside(
                        best.engine(), best.value() / ours.value(), best.low() / ours.high(), best.high() / ours.low())
                : new Beside(
                        best.engine(), ours.value() / best.value(), ours.low() / best.high(), ours.high() / best.low());
    }
}
