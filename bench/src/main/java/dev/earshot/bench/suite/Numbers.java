package dev.earshot.bench.suite;

import java.util.Locale;

/** Numbers with three digits that mean something. */
final class Numbers {
    private Numbers() {}

    static String of(double value) {
        if (Double.isNaN(value)) {
            return "not a number";
        }
        double size = Math.abs(value);
        if (size >= 1e9) {
            return String.format(Locale.ROOT, "%.2e", value);
        }
        if (value == Math.rint(value)) {
            return String.format(Locale.ROOT, "%,d", Math.round(value));
        }
        String form = size >= 1000 ? "%,.0f" : size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3g";
        return String.format(Locale.ROOT, form, value);
    }

    /** Empty where there is no number. */
    static String orEmpty(double value) {
        return Double.isNaN(value) ? "" : of(value);
    }

    /** {@code not measured} where there is no number. */
    static String orNot(double value) {
        return Double.isNaN(value) ? "not measured" : of(value);
    }
}
