package dev.earshot.bench.scaling;

import dev.earshot.bench.result.Series;
import dev.earshot.bench.result.Spread;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How a quantity grows with a size, read off in log-log: there a power law is a straight line and its exponent the slope.
 *
 * <p>A bend is reported only where two pieces are clearly better than one. The two pieces meet at a knot with at least
 * three points on either side (a point at the knot counts for both); all of the following must hold: five points or more,
 * the single line misses by at least {@value #LEAST_MISS} on average (5 %) and by no less than half the typical distance
 * from low to high of a point (less is noise), the squared residuals fall to {@value #RESIDUAL_SHARE} or less of the single
 * line's, and the slopes differ by at least {@value #LEAST_TURN}.
 */
final class PowerLaw {
    static final double LEAST_MISS = 0.05;
    static final double RESIDUAL_SHARE = 0.2;
    static final double LEAST_TURN = 0.2;
    private static final int LEAST_POINTS = 5;
    private static final int POINTS_PER_PIECE = 3;
    private static final int KNOTS_BETWEEN_POINTS = 8;

    private final double[] x;
    private final double[] y;
    private final double noise;

    private PowerLaw(double[] x, double[] y, double noise) {
        this.x = x;
        this.y = y;
        this.noise = noise;
    }

    /**
     * A turn of the line.
     *
     * @param x size at the knot
     * @param below exponent at smaller sizes
     * @param above exponent at larger ones
     */
    record Bend(double x, double below, double above) {
        /** For example {@code from 0.2 below 64 to 1.0 above}. */
        String words() {
            return String.format(
                    Locale.ROOT, "from %s below %s to %s above", exponent(below), round(x), exponent(above));
        }

        /** One digit, and no minus before a zero. */
        private static String exponent(double value) {
            return String.format(Locale.ROOT, "%.1f", Math.abs(value) < 0.05 ? 0 : value);
        }

        /** Two digits: a fitted knot is no more exact. */
        private static String round(double x) {
            double unit = Math.pow(10, Math.floor(Math.log10(x)) - 1);
            double rounded = Math.round(x / unit) * unit;
            return rounded >= 10
                    ? String.format(Locale.ROOT, "%,d", Math.round(rounded))
                    : String.format(Locale.ROOT, "%.1f", rounded);
        }
    }

    /** Points in the order of x; all values must be positive. */
    static PowerLaw of(List<Series.Point> points) {
        double[] x = new double[points.size()];
        double[] y = new double[points.size()];
        for (int i = 0; i < x.length; i++) {
            Series.Point point = points.get(i);
            if (!(point.x() > 0 && point.value() > 0)
                    || i > 0 && point.x() <= points.get(i - 1).x()) {
                throw new IllegalArgumentException(
                        "power law: expected positive values at growing positive sizes, got " + point);
            }
            x[i] = Math.log(point.x());
            y[i] = Math.log(point.value());
        }
        double[] spreads = points.stream()
                .mapToDouble(point -> (point.high() - point.low()) / (2 * point.value()))
                .toArray();
        return new PowerLaw(x, y, spreads.length == 0 ? 0 : Spread.of(spreads).median());
    }

    /** Slope of the least-squares line; NaN for fewer than three points, through which any line goes. */
    double exponent() {
        return x.length < POINTS_PER_PIECE
                ? Double.NaN
                : fit(Double.POSITIVE_INFINITY).slope();
    }

    /** Where it bends, if it does by the rule of this class. */
    Optional<Bend> bend() {
        int n = x.length;
        if (n < LEAST_POINTS) {
            return Optional.empty();
        }
        Fit line = fit(Double.POSITIVE_INFINITY);
        Fit best = line;
        double knot = Double.NaN;
        int first = POINTS_PER_PIECE - 1;
        int last = n - POINTS_PER_PIECE;
        for (int step = first * KNOTS_BETWEEN_POINTS; step <= last * KNOTS_BETWEEN_POINTS; step++) {
            int i = step / KNOTS_BETWEEN_POINTS;
            double part = (double) (step % KNOTS_BETWEEN_POINTS) / KNOTS_BETWEEN_POINTS;
            double candidate = part == 0 ? x[i] : x[i] + part * (x[i + 1] - x[i]);
            Fit two = fit(candidate);
            if (two.residual() < best.residual()) {
                best = two;
                knot = candidate;
            }
        }
        boolean clear = Math.sqrt(line.residual() / n) >= Math.max(LEAST_MISS, noise)
                && best.residual() <= RESIDUAL_SHARE * line.residual()
                && Math.abs(best.turn()) >= LEAST_TURN;
        return clear
                ? Optional.of(new Bend(Math.exp(knot), best.slope(), best.slope() + best.turn()))
                : Optional.empty();
    }

    /** {@code y = base + slope t + turn max(0, t - knot)}, with t counted from the first size. */
    private record Fit(double base, double slope, double turn, double residual) {}

    /** Least squares; one line where the knot is infinite. */
    private Fit fit(double knot) {
        boolean bent = knot < Double.POSITIVE_INFINITY;
        int unknowns = bent ? 3 : 2;
        double[][] a = new double[unknowns][unknowns + 1];
        for (int i = 0; i < x.length; i++) {
            double[] row = {1, x[i] - x[0], bent ? Math.max(0, x[i] - knot) : 0};
            for (int r = 0; r < unknowns; r++) {
                for (int c = 0; c < unknowns; c++) {
                    a[r][c] += row[r] * row[c];
                }
                a[r][unknowns] += row[r] * y[i];
            }
        }
        double[] solved = solve(a);
        double turn = bent ? solved[2] : 0;
        double residual = 0;
        for (int i = 0; i < x.length; i++) {
            double miss = y[i] - solved[0] - solved[1] * (x[i] - x[0]) - turn * Math.max(0, x[i] - knot);
            residual += miss * miss;
        }
        return new Fit(solved[0], solved[1], turn, residual);
    }

    /** Gauss with pivots; {@code a} is square with the right side behind it. */
    private static double[] solve(double[][] a) {
        int n = a.length;
        for (int k = 0; k < n; k++) {
            int pivot = k;
            for (int r = k + 1; r < n; r++) {
                pivot = Math.abs(a[r][k]) > Math.abs(a[pivot][k]) ? r : pivot;
            }
            double[] swap = a[k];
            a[k] = a[pivot];
            a[pivot] = swap;
            for (int r = k + 1; r < n; r++) {
                double factor = a[r][k] / a[k][k];
                for (int c = k; c <= n; c++) {
                    a[r][c] -= factor * a[k][c];
                }
            }
        }
        double[] solved = new double[n];
        for (int r = n - 1; r >= 0; r--) {
            double sum = a[r][n];
            for (int c = r + 1; c < n; c++) {
                sum -= a[r][c] * solved[c];
            }
            solved[r] = sum / a[r][r];
        }
        return solved;
    }
}
