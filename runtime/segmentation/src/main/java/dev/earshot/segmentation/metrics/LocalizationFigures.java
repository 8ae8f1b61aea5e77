package dev.earshot.segmentation.metrics;

import java.util.Arrays;
import java.util.List;

/** The statistics that EZ-VSL and SLAVC take over their samples. */
final class LocalizationFigures {
    private static final int AUC_STEPS = 20;

    /** "Everything accepted" in SLAVC's evaluator. */
    static final double ACCEPT_ALL = -1000;

    private LocalizationFigures() {}

    /** Area under the share of samples whose cIoU reaches 0.05 * i, i = 0..20, by the trapezoid rule; 0 without samples. */
    static double auc(List<LocalizationSample> samples) {
        double area = 0;
        for (int i = 0; i < AUC_STEPS; i++) {
            area += (share(samples, 0.05 * i) + share(samples, 0.05 * (i + 1))) / 2;
        }
        return area * 0.05;
    }

    /** Share of the samples whose cIoU is at least {@code threshold}; 0 without samples. */
    static double share(List<LocalizationSample> samples, double threshold) {
        long reached =
                samples.stream().filter(sample -> sample.ciou() >= threshold).count();
        return samples.isEmpty() ? 0 : (double) reached / samples.size();
    }

    /** Precision and recall at a threshold of the confidence. */
    record Operating(double precision, double recall) {
        /**
         * A sample without boxes is wrong if accepted; one with boxes is right if accepted with cIoU >= q, wrong if
         * accepted with less, and missed if not accepted.
         */
        static Operating at(List<LocalizationSample> samples, double confidence, double q) {
            long right = 0;
            long wrong = 0;
            long missed = 0;
            for (LocalizationSample sample : samples) {
                boolean accepted = sample.confidence() >= confidence;
                if (accepted && sample.boxes() > 0 && sample.ciou() >= q) {
                    right++;
                } else if (accepted) {
                    wrong++;
                } else if (sample.boxes() > 0) {
                    missed++;
                }
            }
            return new Operating(
                    right + wrong == 0 ? 1 : (double) right / (right + wrong),
                    right + missed == 0 ? 1 : (double) right / (right + missed));
        }

        double f1() {
            return precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall);
        }
    }

    /** Average precision at some 200 thresholds from the second largest confidence down; nothing before the first. */
    static double averagePrecision(List<LocalizationSample> samples, double q) {
        double[] ascending = confidences(samples);
        int step = Math.max(1, ascending.length / 200);
        List<Operating> points = new java.util.ArrayList<>();
        for (int i = ascending.length - 2; i >= 0; i -= step) {
            points.add(Operating.at(samples, ascending[i], q));
        }
        double area = 0;
        double best = points.isEmpty() ? 0 : points.getLast().precision();
        for (int j = points.size() - 2; j >= 0; j--) {
            best = Math.max(best, points.get(j).precision());
            area += best * (points.get(j + 1).recall() - points.get(j).recall());
        }
        return area;
    }

    /** F1 at every tenth of the confidences, from the smallest up. */
    static List<Double> f1Curve(List<LocalizationSample> samples, double q) {
        double[] ascending = confidences(samples);
        int step = Math.max(1, ascending.length / 10);
        List<Double> curve = new java.util.ArrayList<>();
        for (int i = 0; i < ascending.length; i += step) {
            curve.add(Operating.at(samples, ascending[i], q).f1());
        }
        return curve;
    }

    private static double[] confidences(List<LocalizationSample> samples) {
        double[] values =
                samples.stream().mapToDouble(LocalizationSample::confidence).toArray();
        Arrays.sort(values);
        return values;
    }
}
