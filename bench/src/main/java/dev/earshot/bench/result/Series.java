package dev.earshot.bench.result;

import java.util.List;

/**
 * A quantity against a size.
 *
 * @param group chapter of the report, usually {@code scaling}
 * @param name what was measured, for example {@code segment, time}
 * @param engine whose numbers: {@code earshot} or a peer's name
 * @param x what grows, with its unit: {@code clip length, s}, {@code batch}, {@code neighbours table, rows} …
 * @param unit of the values
 * @param points in the order of x
 * @param exponent slope of the least-squares line through the logarithms: 1 is linear, 0 flat; NaN where points are too few
 * @param bend where the slope changes, in words; empty where it does not
 * @param command what prints these numbers again
 */
public record Series(
        String group,
        String name,
        String engine,
        String x,
        String unit,
        List<Point> points,
        double exponent,
        String bend,
        String command) {

    /**
     * One size.
     *
     * @param value the median
     * @param low tenth percentile
     * @param high ninetieth percentile
     */
    public record Point(double x, double value, double low, double high) {
        /** From samples. */
        public static Point of(double x, double... samples) {
            Spread spread = Spread.of(samples);
            return new Point(x, spread.median(), spread.low(), spread.high());
        }
    }
}
