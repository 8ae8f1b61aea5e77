package dev.earshot.tools.eval;

import java.util.List;

/** How often each IoU occurs, as a bar chart in SVG that takes its colours from the page. */
final class Histogram {
    private static final int BINS = 20;
    private static final int WIDTH = 640;
    private static final int HEIGHT = 236;
    private static final int LEFT = 44;
    private static final int BOTTOM = 54;
    private static final int TOP = 12;

    private Histogram() {}

    /** Counts by bins of equal width over [0, 1]; 1 belongs to the last. Index 0: something sounds, 1: nothing does. */
    static int[][] counts(List<Outcome.FrameIou> frames) {
        int[][] counts = new int[2][BINS];
        for (Outcome.FrameIou frame : frames) {
            counts[frame.emptyTarget() ? 1 : 0][Math.min(BINS - 1, (int) (frame.iou() * BINS))]++;
        }
        return counts;
    }

    static String svg(List<Outcome.FrameIou> frames) {
        int[][] counts = counts(frames);
        int most = 1;
        for (int b = 0; b < BINS; b++) {
            most = Math.max(most, counts[0][b] + counts[1][b]);
        }
        Html html = new Html();
        html.raw("<svg class=\"chart\" viewBox=\"0 0 " + WIDTH + " " + HEIGHT + "\" role=\"img\" aria-label=\"")
                .text(words(frames, counts))
                .raw("\">");
        int ground = HEIGHT - BOTTOM;
        for (int tick : new int[] {0, (most + 1) / 2, most}) {
            double y = ground - (double) tick / most * (ground - TOP);
            html.raw("<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%s\" y2=\"%3$s\"/>"
                    .formatted(LEFT, WIDTH, Html.number(y)));
            html.raw("<text x=\"%d\" y=\"%s\" text-anchor=\"end\">%d</text>"
                    .formatted(LEFT - 8, Html.number(y + 4), tick));
        }
        double step = (double) (WIDTH - LEFT) / BINS;
        for (int b = 0; b < BINS; b++) {
            double y = ground;
            for (int kind = 0; kind < 2; kind++) {
                double height = (double) counts[kind][b] / most * (ground - TOP);
                y -= height;
                if (height > 0) {
                    html.raw("<rect class=\"bar%d\" x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\"/>"
                            .formatted(
                                    kind,
                                    Html.number(LEFT + b * step + 1.5),
                                    Html.number(y),
                                    Html.number(step - 3),
                                    Html.number(height)));
                }
            }
        }
        for (int i = 0; i <= 5; i++) {
            html.raw("<text x=\"%s\" y=\"%d\" text-anchor=\"%s\">%s</text>"
                    .formatted(
                            Html.number(LEFT + i * 4 * step),
                            ground + 20,
                            i == 5 ? "end" : "middle",
                            i == 0 ? "0" : i == 5 ? "1" : "0." + 2 * i));
        }
        html.raw("<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">IoU of a frame</text></svg>"
                .formatted((LEFT + WIDTH) / 2, HEIGHT - 4));
        return html.toString();
    }

    private static String words(List<Outcome.FrameIou> frames, int[][] counts) {
        int low = 0;
        int high = 0;
        for (int kind = 0; kind < 2; kind++) {
            for (int b = 0; b < BINS; b++) {
                low += b < BINS / 4 ? counts[kind][b] : 0;
                high += b >= BINS * 3 / 4 ? counts[kind][b] : 0;
            }
        }
        return "Histogram of the IoU of %d frames: %d below 0.25, %d from 0.75 on".formatted(frames.size(), low, high);
    }
}
