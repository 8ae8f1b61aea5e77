package dev.earshot.tensor.reference;

import dev.earshot.tensor.PixelMatching;

/**
 * The search of one sample: for every pixel of f the cheapest of the pixels of g within reach. Written per candidate, as
 * the definition reads, and so it takes height * width * candidates * window^2 * channels steps.
 */
final class PixelSearch {
    private final FeatureGrid f;
    private final FeatureGrid g;
    private final FeatureGrid scaledF;
    private final FeatureGrid scaledG;
    private final PixelMatching settings;
    private final int rangeX;
    private final int radius;

    PixelSearch(FeatureGrid f, FeatureGrid g, PixelMatching settings) {
        this.f = f;
        this.g = g;
        this.scaledF = f.scaled(settings.norm());
        this.scaledG = g.scaled(settings.norm());
        this.settings = settings;
        this.rangeX = settings.rangeX(f.width());
        this.radius = settings.window() / 2;
    }

    /** The displacement chosen for a pixel, -1 if a candidate was not a number, and its cost. */
    record Winner(int index, double cost) {}

    /** Sums over the {@code count} valid places of the window; m is 0 where the correlation is not defined. */
    private record Sums(double a, double u, double v, int count) {
        double m() {
            double m = Math.sqrt(u) * Math.sqrt(v);
            return m <= PixelMatching.EPS ? 0 : m;
        }
    }

    /** What is done with one pair of pixels. */
    private interface PairVisitor {
        void visit(int p, int q);
    }

    Winner winner(int p) {
        int best = -1;
        double bestCost = Double.NaN;
        for (int dy = -settings.rangeY(); dy <= settings.rangeY(); dy++) {
            for (int dx = -rangeX; dx <= rangeX; dx++) {
                if (!inside(p / f.width() + dy, p % f.width() + dx)) {
                    continue;
                }
                int k = (dy + settings.rangeY()) * (2 * rangeX + 1) + dx + rangeX;
                double cost = cost(sums(p, dy, dx));
                if (Double.isNaN(cost)) {
                    return new Winner(-1, Double.NaN);
                }
                // Candidates come by dy, then dx, so that among equally near ones the first stays.
                boolean nearer = best >= 0 && distance(k) < distance(best);
                if (best < 0 || cost < bestCost || (cost == bestCost && nearer)) {
                    best = k;
                    bestCost = cost;
                }
            }
        }
        return new Winner(best, bestCost);
    }

    private int rowOf(int k) {
        return k / (2 * rangeX + 1) - settings.rangeY();
    }

    private int columnOf(int k) {
        return k % (2 * rangeX + 1) - rangeX;
    }

    private int distance(int k) {
        return rowOf(k) * rowOf(k) + columnOf(k) * columnOf(k);
    }

    private boolean inside(int y, int x) {
        return y >= 0 && y < f.height() && x >= 0 && x < f.width();
    }

    /** Visits the pairs p + o, p + d + o of the window that lie inside both grids. */
    private void overWindow(int p, int dy, int dx, PairVisitor visitor) {
        for (int oy = -radius; oy <= radius; oy++) {
            for (int ox = -radius; ox <= radius; ox++) {
                int y = p / f.width() + oy;
                int x = p % f.width() + ox;
                if (inside(y, x) && inside(y + dy, x + dx)) {
                    visitor.visit(y * f.width() + x, (y + dy) * f.width() + x + dx);
                }
            }
        }
    }

    private Sums sums(int p, int dy, int dx) {
        double[] sums = new double[3];
        int[] count = {0};
        overWindow(p, dy, dx, (r, q) -> {
            sums[0] += scaledF.dot(r, scaledG, q);
            sums[1] += scaledF.dot(r, scaledF, r);
            sums[2] += scaledG.dot(q, scaledG, q);
            count[0]++;
        });
        return new Sums(sums[0], sums[1], sums[2], count[0]);
    }

    private double cost(Sums sums) {
        double ssd = Math.max(0, (sums.u() + sums.v() - 2 * sums.a()) / (2 * sums.count()));
        double ncc = sums.m() == 0 ? 0 : Math.clamp(sums.a() / sums.m(), -1, 1);
        return settings.lambdaSsd() * ssd + settings.lambdaNcc() * (1 - ncc);
    }

    /** Adds the gradients of sum over p of {@code weights[p] * cost(p, winners[p])}. */
    void backward(long[] winners, double[] weights, double[] gradF, double[] gradG) {
        FeatureGrid toF = new FeatureGrid(new double[gradF.length], f.height(), f.width(), f.channels());
        FeatureGrid toG = new FeatureGrid(new double[gradG.length], g.height(), g.width(), g.channels());
        for (int p = 0; p < winners.length; p++) {
            int k = Math.toIntExact(winners[p]);
            if (k < 0) {
                java.util.Arrays.fill(gradF, Double.NaN);
                java.util.Arrays.fill(gradG, Double.NaN);
                return;
            }
            Sums sums = sums(p, rowOf(k), columnOf(k));
            double m = sums.m();
            double ncc = m == 0 ? 0 : settings.lambdaNcc() / m;
            double half = settings.lambdaSsd() / (2.0 * sums.count());
            double da = weights[p] * (-2 * half - ncc);
            double du = weights[p] * (half + (m == 0 ? 0 : ncc * sums.a() / (2 * sums.u())));
            double dv = weights[p] * (half + (m == 0 ? 0 : ncc * sums.a() / (2 * sums.v())));
            overWindow(p, rowOf(k), columnOf(k), (r, q) -> {
                for (int c = 0; c < f.channels(); c++) {
                    double x = scaledF.values()[r * f.channels() + c];
                    double y = scaledG.values()[q * f.channels() + c];
                    toF.values()[r * f.channels() + c] += da * y + 2 * du * x;
                    toG.values()[q * f.channels() + c] += da * x + 2 * dv * y;
                }
            });
        }
        f.scaledBackward(settings.norm(), scaledF, toF, gradF);
        g.scaledBackward(settings.norm(), scaledG, toG, gradG);
    }
}
