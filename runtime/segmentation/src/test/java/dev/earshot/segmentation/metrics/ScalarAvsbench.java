package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;
import java.util.List;

/** AVSBench's definitions written out: every threshold against every pixel, no histograms, no sums kept. */
final class ScalarAvsbench {
    private ScalarAvsbench() {}

    static double iou(List<float[]> scores, List<BinaryMask> targets) {
        double sum = 0;
        for (int i = 0; i < scores.size(); i++) {
            BinaryMask target = targets.get(i);
            boolean empty = target.isEmpty();
            long intersection = 0;
            long union = 0;
            for (int at = 0; at < scores.get(i).length; at++) {
                boolean p = scores.get(i)[at] > 0.5f;
                boolean t = target.get(at % target.width(), at / target.width());
                intersection += empty ? (p ? 0 : 1) : (p && t ? 1 : 0);
                union += empty || p || t ? 1 : 0;
            }
            sum += intersection / (union + 1e-7);
        }
        return sum / scores.size();
    }

    static double f(List<float[]> scores, List<BinaryMask> targets) {
        double best = 0;
        for (int i = 0; i < 255; i++) {
            float threshold = (float) (i / 254.0);
            double sum = 0;
            int frames = 0;
            for (int k = 0; k < scores.size(); k++) {
                if (!targets.get(k).isEmpty()) {
                    sum += f(scores.get(k), targets.get(k), threshold);
                    frames++;
                }
            }
            best = frames == 0 ? 0 : Math.max(best, sum / frames);
        }
        return best;
    }

    private static double f(float[] scores, BinaryMask target, float threshold) {
        double accepted = 0;
        double hits = 0;
        for (int at = 0; at < scores.length; at++) {
            if (scores[at] >= threshold) {
                accepted++;
                hits += target.get(at % target.width(), at / target.width()) ? 1 : 0;
            }
        }
        double precision = hits / (accepted + 1e-20);
        double recall = hits / (target.area() + 1e-20);
        double f = 1.3 * precision * recall / (0.3 * precision + recall);
        return Double.isNaN(f) ? 0 : f;
    }
}
