package dev.earshot.bench.suite;

import dev.earshot.bench.result.Series.Point;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/** What our charts of the library share: size, colours, letters. */
final class Charts {
    private static final int WIDTH = 1000;
    private static final int HEIGHT = 560;

    private Charts() {}

    static XYChart empty(String title, String x, String y) {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT)
                .title(title)
                .xAxisTitle(x)
                .yAxisTitle(y)
                .build();
        chart.getStyler()
                .setChartBackgroundColor(Color.WHITE)
                .setLegendPosition(LegendPosition.OutsideE)
                .setLegendBorderColor(Color.WHITE)
                .setLegendFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13))
                .setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
        chart.getStyler()
                .setPlotGridLinesColor(new Color(0xdd, 0xdd, 0xdd))
                .setAxisTickLabelsFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        chart.getStyler().setMarkerSize(8);
        return chart;
    }

    /** Borders at powers of ten, the only values that a logarithmic axis is labelled with. */
    static void wholeDecades(XYChart chart, List<Point> points) {
        DoubleSummaryStatistics x = points.stream().mapToDouble(Point::x).summaryStatistics();
        DoubleSummaryStatistics y = points.stream().mapToDouble(Point::value).summaryStatistics();
        chart.getStyler().setXAxisMin(below(x.getMin())).setXAxisMax(above(1.01 * x.getMax()));
        chart.getStyler().setYAxisMin(below(y.getMin())).setYAxisMax(above(1.01 * y.getMax()));
    }

    private static double below(double value) {
        return Math.pow(10, Math.floor(Math.log10(value)));
    }

    private static double above(double value) {
        return Math.pow(10, Math.ceil(Math.log10(value)));
    }

    static void write(XYChart chart, Path png) throws IOException {
        try (OutputStream out = Files.newOutputStream(png)) {
            BitmapEncoder.saveBitmap(List.of(chart), 1, 1, out, BitmapFormat.PNG);
        }
    }

    /** Short enough for a legend. */
    static String shortened(String name) {
        int most = 34;
        return name.length() <= most ? name : name.substring(0, most - 1) + "…";
    }
}
