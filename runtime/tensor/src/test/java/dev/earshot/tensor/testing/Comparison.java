package dev.earshot.tensor.testing;

/** How far one result is from another; a NaN, or infinities that do not match, fail at once. */
public final class Comparison {
    private Comparison() {}

    /** Sum of squared differences over the sum of squared expected values; 0 for two empty results. */
    public static double nmse(double[] expected, double[] actual) {
        if (expected.length != actual.length) {
            throw new AssertionError("expected %d elements, got %d".formatted(expected.length, actual.length));
        }
        double difference = 0;
        double magnitude = 0;
        for (int i = 0; i < expected.length; i++) {
            if (Double.isNaN(expected[i]) || Double.isNaN(actual[i])) {
                throw new AssertionError(
                        "element %d: expected %s, got %s; NaN (or never written)".formatted(i, expected[i], actual[i]));
            }
            if (Double.isInfinite(expected[i]) || Double.isInfinite(actual[i])) {
                if (expected[i] != actual[i]) {
                    throw new AssertionError("element %d: expected %s, got %s".formatted(i, expected[i], actual[i]));
                }
                continue;
            }
            difference += (actual[i] - expected[i]) * (actual[i] - expected[i]);
            magnitude += expected[i] * expected[i];
        }
        return difference == 0 ? 0 : difference / magnitude;
    }

    /** Share of elements that are zero. */
    public static double zeros(double[] values) {
        int zeros = 0;
        for (double value : values) {
            zeros += value == 0 ? 1 : 0;
        }
        return values.length == 0 ? 0 : (double) zeros / values.length;
    }
}
