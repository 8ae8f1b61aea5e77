package dev.earshot.bench.scaling;

import dev.earshot.bench.result.Series;
import java.util.List;

/**
 * A cost as {@code fixed + rate x}, by least squares of the relative misses, so that small sizes count as much as large
 * ones.
 *
 * @param fixed what is paid once
 * @param rate what each unit of the size costs
 */
record FixedCost(double fixed, double rate) {
    /** Of two points or more with positive values. */
    static FixedCost of(List<Series.Point> points) {
        double ones = 0;
        double xs = 0;
        double squares = 0;
        double ys = 0;
        double products = 0;
        for (Series.Point point : points) {
            double weight = 1 / (point.value() * point.value());
            ones += weight;
            xs += weight * point.x();
            squares += weight * point.x() * point.x();
            ys += weight * point.value();
            products += weight * point.x() * point.value();
        }
        double determinant = ones * squares - xs * xs;
        double rate = (ones * products - xs * ys) / determinant;
        return new FixedCost((ys - rate * xs) / ones, rate);
    }
}
