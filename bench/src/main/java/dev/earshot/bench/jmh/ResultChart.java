package dev.earshot.bench.jmh;

import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * The scores of one benchmark class as bars from the top, one colour per file, each with its name and its number, which
 * chart libraries leave out where rows are many. Scores of one unit share a scale; the longest bar is the largest.
 */
final class ResultChart {
    private static final int WIDTH = 1100;
    private static final int LABELS = 460;
    private static final int NUMBERS = 120;
    private static final int MARGIN = 12;
    private static final int BAR = 22;
    private static final int HEAD = 44;
    private static final Color[] COLOURS = {
        new Color(0x33, 0x66, 0xcc),
        new Color(0xdd, 0x77, 0x11),
        new Color(0x22, 0x99, 0x66),
        new Color(0xaa, 0x33, 0x88)
    };

    private ResultChart() {}

    static void write(String title, List<Report.Result> results, Path png) throws IOException {
        List<String> files =
                results.stream().map(Report.Result::file).distinct().toList();
        int height = HEAD + BAR * (results.size() + (files.size() > 1 ? files.size() : 0)) + MARGIN;
        BufferedImage image = new BufferedImage(WIDTH, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            canvas.setColor(Color.WHITE);
            canvas.fillRect(0, 0, WIDTH, height);
            canvas.setColor(Color.BLACK);
            canvas.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
            canvas.drawString(title, MARGIN, HEAD - 18);
            canvas.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
            int y = drawBars(canvas, results, files);
            drawLegend(canvas, files, y);
        } finally {
            canvas.dispose();
        }
        ImageIO.write(image, "png", png.toFile());
    }

    private static int drawBars(Graphics2D canvas, List<Report.Result> results, List<String> files) {
        int y = HEAD;
        for (String name : results.stream().map(Report.Result::name).distinct().toList()) {
            String label = name;
            for (Report.Result result : results) {
                if (result.name().equals(name)) {
                    canvas.setColor(Color.BLACK);
                    canvas.drawString(label, MARGIN, y + BAR - 8);
                    label = "";
                    drawBar(canvas, result, largest(results, result.unit()), files.indexOf(result.file()), y);
                    y += BAR;
                }
            }
        }
        return y;
    }

    private static double largest(List<Report.Result> results, String unit) {
        return results.stream()
                .filter(result -> result.unit().equals(unit))
                .mapToDouble(Report.Result::score)
                .max()
                .orElseThrow();
    }

    private static void drawBar(Graphics2D canvas, Report.Result result, double largest, int file, int y) {
        int room = WIDTH - LABELS - NUMBERS;
        int length = Math.max(1, (int) Math.round(room * result.score() / largest));
        canvas.setColor(COLOURS[file % COLOURS.length]);
        canvas.fillRect(LABELS, y + 2, length, BAR - 4);
        canvas.setColor(Color.BLACK);
        canvas.drawString(Report.digits(result.score()) + " " + result.unit(), LABELS + length + 6, y + BAR - 8);
    }

    private static void drawLegend(Graphics2D canvas, List<String> files, int top) {
        for (int i = 0; files.size() > 1 && i < files.size(); i++) {
            int y = top + i * BAR;
            canvas.setColor(COLOURS[i % COLOURS.length]);
            canvas.fillRect(LABELS, y + 6, 12, 12);
            canvas.setColor(Color.BLACK);
            canvas.drawString(files.get(i), LABELS + 20, y + BAR - 6);
        }
    }
}
