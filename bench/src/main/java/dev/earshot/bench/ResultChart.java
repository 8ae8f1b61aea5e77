package dev.earshot.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.style.Styler;

/** The scores of one benchmark class as bars, one colour per file. */
final class ResultChart {
    private static final int WIDTH = 1100;
    private static final int HEAD = 140;
    private static final int BAR = 26;

    private ResultChart() {}

    static void write(String title, List<Report.Result> results, Path png) throws IOException {
        List<String> files =
                results.stream().map(Report.Result::file).distinct().toList();
        // The first row is drawn at the bottom.
        List<String> names =
                results.stream().map(Report.Result::name).distinct().toList().reversed();
        String unit = results.getFirst().unit();
        HorizontalBarChart chart = new HorizontalBarChartBuilder()
                .width(WIDTH)
                .height(HEAD + BAR * names.size() * files.size())
                .title(title)
                .xAxisTitle(unit)
                .build();
        chart.getStyler().setLegendVisible(files.size() > 1);
        chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
        chart.getStyler().setLabelsVisible(true);
        for (String file : files) {
            List<Double> scores =
                    names.stream().map(name -> score(results, file, name, unit)).toList();
            chart.addSeries(file, scores, names);
        }
        ImageIO.write(BitmapEncoder.getBufferedImage(chart), "png", png.toFile());
    }

    /** Zero, which is no bar, for what a file lacks or gives in another unit. */
    private static double score(List<Report.Result> results, String file, String name, String unit) {
        return results.stream()
                .filter(result -> result.file().equals(file))
                .filter(result -> result.name().equals(name) && result.unit().equals(unit))
                .mapToDouble(Report.Result::score)
                .findFirst()
                .orElse(0);
    }
}
