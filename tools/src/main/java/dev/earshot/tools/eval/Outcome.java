package dev.earshot.tools.eval;

import java.util.List;
import java.util.Map;

/**
 * What an evaluation found; all figures are fractions.
 *
 * @param headline the figures of the papers' tables by the names of {@code PaperResults}, in the order of columns
 * @param more all other figures, for {@code metrics.json}: numbers, texts, lists and maps of them
 * @param classes means by class
 * @param clips clip by clip, in the order of the split
 * @param scores each clip's score, for finding good and bad ones, in the same order
 * @param frames the frames' IoU, for a histogram
 */
public record Outcome(
        Map<String, Double> headline,
        Map<String, Object> more,
        Table classes,
        Table clips,
        List<Double> scores,
        List<FrameIou> frames) {
    /**
     * The IoU of a frame.
     *
     * @param emptyTarget whether nothing sounds in it; then the share of pixels rightly left out
     */
    public record FrameIou(double iou, boolean emptyTarget) {}
}
