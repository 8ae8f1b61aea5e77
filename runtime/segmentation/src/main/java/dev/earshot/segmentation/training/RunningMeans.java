package dev.earshot.segmentation.training;

import java.util.LinkedHashMap;
import java.util.Map;

/** Sums over the steps since the last line of the log; part of a checkpoint, so that a resumed run logs the same. */
final class RunningMeans {
    private static final String STEPS = "steps";
    private static final String LOSS = "loss";
    private static final String SWAPPED = "swappedLoss";
    private static final String POSITIVE = "costPositive";
    private static final String NEGATIVE = "costNegative";
    private static final String ACTIVE = "activeShare";
    private static final String NORM = "gradientNorm";
    private static final String STILL = "stillShare";

    private final Map<String, Double> sums = new LinkedHashMap<>();

    void add(StepReport report) {
        add(STEPS, 1);
        add(LOSS, report.loss());
        add(SWAPPED, report.swappedLoss());
        add(POSITIVE, report.costPositive());
        add(NEGATIVE, report.costNegative());
        add(ACTIVE, report.activeShare());
        add(NORM, report.gradientNorm());
        add(STILL, report.stillShare());
    }

    private void add(String name, double value) {
        sums.merge(name, value, Double::sum);
    }

    boolean isEmpty() {
        return sums.isEmpty();
    }

    /** The line of the log for the steps so far, and a fresh start. */
    LogEntry close(StepReport last, double imagesPerSecond) {
        double steps = sums.get(STEPS);
        LogEntry entry = new LogEntry(
                last.step(),
                sums.get(LOSS) / steps,
                sums.get(SWAPPED) / steps,
                sums.get(POSITIVE) / steps,
                sums.get(NEGATIVE) / steps,
                sums.get(ACTIVE) / steps,
                sums.get(NORM) / steps,
                sums.get(STILL) / steps,
                last.learningRate(),
                imagesPerSecond);
        sums.clear();
        return entry;
    }

    Map<String, Double> sums() {
        return Map.copyOf(sums);
    }

    void restore(Map<String, Double> saved) {
        sums.clear();
        sums.putAll(saved);
    }
}
