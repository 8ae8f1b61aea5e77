package dev.earshot.bench.suite;

import dev.earshot.bench.result.Figure;
import java.util.List;

/**
 * What the machine does at best, as measured in the same run.
 *
 * @param gigaflops fp32 multiply-adds, or our best product where those were not measured; NaN if neither was
 * @param gigabytes streaming from memory, per second; NaN if not measured
 */
record Yardstick(double gigaflops, double gigabytes) {
    /** From the figures of the part {@code peaks}. */
    static Yardstick of(List<Figure> peaks) {
        double fma = value(peaks, Peaks.FMA);
        return new Yardstick(Double.isNaN(fma) ? value(peaks, Peaks.PRODUCT) : fma, value(peaks, Peaks.STREAM));
    }

    private static double value(List<Figure> peaks, String name) {
        return peaks.stream()
                .filter(figure -> figure.name().equals(name + Peaks.ALL))
                .mapToDouble(Figure::value)
                .findFirst()
                .orElse(Double.NaN);
    }
}
