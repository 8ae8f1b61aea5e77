package dev.earshot.bench.suite;

import dev.earshot.bench.result.Figure;
import dev.earshot.bench.result.Figure.Better;
import java.util.Comparator;
import java.util.List;

/** Figures that a program of this module wrote, each of ours set beside the others of the same name. */
final class FigureResults {
    private FigureResults() {}

    static List<Result> of(List<Figure> figures, Yardstick peak) {
        return figures.stream()
                .map(figure -> new Result(
                        figure,
                        figure.unit().equals("GB/s") ? Rate.ofBandwidth(figure.value(), peak) : Rate.NONE,
                        figure.engine().equals(Result.OURS) ? beside(figure, figures) : Beside.NOBODY,
                        Double.NaN))
                .toList();
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
