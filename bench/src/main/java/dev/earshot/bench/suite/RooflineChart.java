package dev.earshot.bench.suite;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.XYSeries.XYSeriesRenderStyle;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** GFLOP/s against operations per byte, both by logarithms, under the two limits of a processor or a card. */
final class RooflineChart {
    private RooflineChart() {}

    /** False, and no picture, where peaks or rates were not measured; {@code results} are those of one device. */
    static boolean write(String title, List<Result> results, Limits limits, Path png) throws IOException {
        List<Result> points = results.stream()
                .filter(result -> result.isOurs()
                        && result.rate().gigaflops() > 0
                        && result.rate().bytes() > 0)
                .toList();
        List<Yardstick> peaks = Stream.of(limits.bf16(), limits.fp32())
                .distinct()
                .filter(peak -> peak.gigaflops() > 0 && peak.gigabytes() > 0)
                .toList();
        if (points.isEmpty() || peaks.isEmpty()) {
            return false;
        }
        XYChart chart = Charts.empty(title, "FLOP per byte moved", "GFLOP/s");
        chart.getStyler().setXAxisLogarithmic(true).setYAxisLogarithmic(true);
        double least =
                points.stream().mapToDouble(RooflineChart::intensity).min().orElseThrow() / 2;
        double most =
                2 * points.stream().mapToDouble(RooflineChart::intensity).max().orElseThrow();
        for (Yardstick peak : peaks) {
            roof(chart, peak, least, most);
        }
        Set<String> names = new HashSet<>();
        for (Result op : points) {
            String group = op.figure().group();
            if (isOp(op) && names.add(group)) {
                cloud(chart, group, points, result -> result.figure().group().equals(group));
            }
        }
        for (Result model : points) {
            String name = Charts.shortened(model.figure().name());
            if (!isOp(model) && names.add(name)) {
                cloud(chart, name, points, model::equals);
            }
        }
        Charts.write(chart, png);
        return true;
    }

    private static boolean isOp(Result result) {
        return result.figure().group().matches("(.*: )?" + JmhResults.OPS + "(,.*)?");
    }

    private static void roof(XYChart chart, Yardstick peak, double least, double most) {
        double ridge = peak.gigaflops() / peak.gigabytes();
        double[] x = {Math.min(least, ridge / 2), ridge, Math.max(most, 2 * ridge)};
        double[] y = {x[0] * peak.gigabytes(), peak.gigaflops(), peak.gigaflops()};
        XYSeries line = chart.addSeries(
                "%s GFLOP/s, %s GB/s".formatted(Numbers.of(peak.gigaflops()), Numbers.of(peak.gigabytes())), x, y);
        line.setMarker(SeriesMarkers.NONE);
        line.setLineColor(Color.DARK_GRAY);
        line.setLineStyle(new BasicStroke(2));
    }

    private static void cloud(XYChart chart, String name, List<Result> points, Predicate<Result> wanted) {
        List<Result> chosen = points.stream().filter(wanted).toList();
        if (chosen.isEmpty()) {
            return;
        }
        double[] x = chosen.stream().mapToDouble(RooflineChart::intensity).toArray();
        double[] y =
                chosen.stream().mapToDouble(result -> result.rate().gigaflops()).toArray();
        chart.addSeries(name, x, y).setXYSeriesRenderStyle(XYSeriesRenderStyle.Scatter);
    }

    private static double intensity(Result result) {
        return result.rate().flops() / result.rate().bytes();
    }
}
