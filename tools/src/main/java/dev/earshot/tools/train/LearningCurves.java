package dev.earshot.tools.train;

import dev.earshot.segmentation.output.AtomicFiles;
import dev.earshot.segmentation.training.LogEntry;
import java.nio.file.Path;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** A run's log as a picture: loss, costs of both pairs, shares, gradient norm. */
public final class LearningCurves {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 360;

    private LearningCurves() {}

    /** Writes the picture; nothing for a log without lines. */
    public static void write(List<LogEntry> log, Path png) {
        if (log.isEmpty()) {
            return;
        }
        XYChart loss = chart("loss");
        add(loss, "loss", log, LogEntry::loss);
        XYChart costs = chart("cost of the pairs");
        add(costs, "C_pos", log, LogEntry::costPositive);
        add(costs, "C_neg", log, LogEntry::costNegative);
        XYChart shares = chart("shares");
        add(shares, "active samples", log, LogEntry::activeShare);
        add(shares, "winners at displacement 0", log, LogEntry::stillShare);
        XYChart norm = chart("gradient norm");
        add(norm, "global norm", log, LogEntry::gradientNorm);
        AtomicFiles.write(png, out -> {
            BitmapEncoder.saveBitmap(List.of(loss, costs, shares, norm), 2, 2, out, BitmapFormat.PNG);
        });
    }

    private static XYChart chart(String title) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle("step")
                .build();
        chart.getStyler().setLegendPosition(Styler.LegendPosition.InsideNE);
        chart.getStyler().setMarkerSize(0);
        chart.getStyler().setYAxisDecimalPattern("0.####");
        return chart;
    }

    private static void add(XYChart chart, String name, List<LogEntry> log, ToDoubleFunction<LogEntry> value) {
        double[] steps = log.stream().mapToDouble(LogEntry::step).toArray();
        double[] values = log.stream().mapToDouble(value).toArray();
        chart.addSeries(name, steps, values).setMarker(SeriesMarkers.NONE);
    }
}
