package dev.earshot.bench.suite;

import dev.earshot.bench.result.Series;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Quantities of one unit against one size, both by logarithms, so that a power law is a straight line. */
final class SeriesChart {
    private SeriesChart() {}

    static void write(String title, List<Series> all, Path png) throws IOException {
        XYChart chart = Charts.empty(title, all.getFirst().x(), all.getFirst().unit());
        boolean logarithmic = all.stream()
                .flatMap(each -> each.points().stream())
                .allMatch(point -> point.x() > 0 && point.value() > 0);
        chart.getStyler().setXAxisLogarithmic(logarithmic).setYAxisLogarithmic(logarithmic);
        if (logarithmic) {
            Charts.wholeDecades(
                    chart, all.stream().flatMap(each -> each.points().stream()).toList());
        }
        Set<String> names = new HashSet<>();
        for (Series each : all) {
            String words = each.name().replaceFirst(", time.*", ""); // the title says it
            String own = each.engine().equals(Result.OURS) ? words : each.engine() + ", " + words;
            String name = Charts.shortened(own);
            while (!names.add(name)) {
                name += "'";
            }
            double[] x = each.points().stream().mapToDouble(Series.Point::x).toArray();
            double[] y = each.points().stream().mapToDouble(Series.Point::value).toArray();
            double[] error = each.points().stream()
                    .mapToDouble(point -> Math.max(0, (point.high() - point.low()) / 2))
                    .toArray();
            boolean showsNoise = !logarithmic;
            (showsNoise ? chart.addSeries(name, x, y, error) : chart.addSeries(name, x, y))
                    .setMarker(SeriesMarkers.CIRCLE);
        }
        Charts.write(chart, png);
    }
}
