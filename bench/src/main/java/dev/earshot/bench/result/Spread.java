package dev.earshot.bench.result;

import java.util.Arrays;

/**
 * Median, tenth and ninetieth percentile (nearest rank) of some samples.
 *
 * @param median the middle, or the mean of the two in the middle
 * @param low tenth percentile
 * @param high ninetieth percentile
 */
public record Spread(double median, double low, double high) {
    /** Of one sample or more, in any order. */
    public static Spread of(double... samples) {
        if (samples.length == 0) {
            throw new IllegalArgumentException("spread: expected at least one sample, got none");
        }
        double[] sorted = samples.clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        double median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
        return new Spread(median, sorted[rank(0.1, n)], sorted[rank(0.9, n)]);
    }

    private static int rank(double share, int n) {
        return Math.max(0, (int) Math.ceil(share * n) - 1);
    }
}
