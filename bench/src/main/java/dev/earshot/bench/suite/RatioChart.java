package dev.earshot.bench.suite;

import java.awt.BasicStroke;
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
 * Our speed as a multiple of the best peer's, one bar per workload with its range, on a scale that gives twice as fast and
 * half as fast the same length. Drawn here, since names of workloads are too long for the category axis of a chart library.
 */
final class RatioChart {
    private static final int WIDTH = 1000;
    private static final int NAMES = 330;
    private static final int NUMBERS = 210;
    private static final int HEAD = 56;
    private static final int BAR = 28;
    private static final int FOOT = 34;
    private static final double[] TICKS = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000};
    private static final Color FASTER = new Color(0x2a, 0x7f, 0xb8);
    private static final Color SLOWER = new Color(0xcc, 0x66, 0x44);
    private static final Color GRID = new Color(0xdd, 0xdd, 0xdd);

    private final List<Result> rows;
    private final Graphics2D canvas;
    private final double low;
    private final double high;

    private RatioChart(List<Result> rows, Graphics2D canvas) {
        this.rows = rows;
        this.canvas = canvas;
        this.low = 0.9
                * Math.min(
                        0.8,
                        rows.stream()
                                .mapToDouble(row -> row.beside().low())
                                .min()
                                .orElse(1));
        this.high = 1.1
                * Math.max(
                        1.5,
                        rows.stream()
                                .mapToDouble(row -> row.beside().high())
                                .max()
                                .orElse(1));
    }

    static void write(List<Result> rows, Path png) throws IOException {
        BufferedImage image = new BufferedImage(WIDTH, HEAD + BAR * rows.size() + FOOT, BufferedImage.TYPE_INT_RGB);
        Graphics2D canvas = image.createGraphics();
        try {
            canvas.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
            canvas.setColor(Color.WHITE);
            canvas.fillRect(0, 0, WIDTH, image.getHeight());
            new RatioChart(rows, canvas).draw();
        } finally {
            canvas.dispose();
        }
        ImageIO.write(image, "png", png.toFile());
    }

    private void draw() {
        int bottom = HEAD + BAR * rows.size();
        canvas.setColor(Color.BLACK);
        canvas.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 16));
        canvas.drawString("Speed as a multiple of the best peer's (right of 1: we are faster)", 12, 24);
        canvas.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
        for (double tick : TICKS) {
            if (tick >= low && tick <= high) {
                canvas.setColor(tick == 1 ? Color.DARK_GRAY : GRID);
                canvas.setStroke(new BasicStroke(tick == 1 ? 2 : 1));
                canvas.drawLine(x(tick), HEAD - 12, x(tick), bottom);
                canvas.setColor(Color.DARK_GRAY);
                String text = tick < 1 ? Double.toString(tick) : Long.toString(Math.round(tick));
                canvas.drawString(text, x(tick) - canvas.getFontMetrics().stringWidth(text) / 2, bottom + 18);
            }
        }
        for (int i = 0; i < rows.size(); i++) {
            bar(rows.get(i), HEAD + BAR * i);
        }
    }

    private void bar(Result row, int y) {
        Beside beside = row.beside();
        canvas.setColor(Color.BLACK);
        canvas.drawString(fitting(row.figure().name(), NAMES - 20), 12, y + 18);
        int from = x(1);
        int to = x(beside.ratio());
        canvas.setColor(beside.ratio() >= 1 ? FASTER : SLOWER);
        canvas.fillRect(Math.min(from, to), y + 4, Math.max(1, Math.abs(to - from)), BAR - 10);
        canvas.setColor(Color.BLACK);
        canvas.setStroke(new BasicStroke(1.5f));
        int middle = y + BAR / 2 - 1;
        canvas.drawLine(x(beside.low()), middle, x(beside.high()), middle);
        canvas.drawLine(x(beside.low()), middle - 4, x(beside.low()), middle + 4);
        canvas.drawLine(x(beside.high()), middle - 4, x(beside.high()), middle + 4);
        String number = Numbers.of(beside.ratio()) + "  " + beside.peer();
        canvas.drawString(fitting(number, NUMBERS - 24), WIDTH - NUMBERS + 16, y + 18);
    }

    /** Cut where it would run into its neighbour. */
    private String fitting(String text, int room) {
        String cut = text;
        while (canvas.getFontMetrics().stringWidth(cut) > room) {
            cut = cut.substring(0, cut.length() - 2) + "…";
        }
        return cut;
    }

    private int x(double ratio) {
        double bounded = Math.clamp(ratio, low, high);
        double share = Math.log(bounded / low) / Math.log(high / low);
        return NAMES + (int) Math.round(share * (WIDTH - NAMES - NUMBERS));
    }
}
