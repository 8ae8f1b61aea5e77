package dev.earshot.tensor.reference;

import dev.earshot.tensor.PixelMatching;

/** Eq. 1 to 3 of the MoCA paper (arXiv 2403.14203) as printed: sums over all pixels at equal positions. */
final class LiteralMatching {
    private LiteralMatching() {}

    /** a = sum f g, u = sum f^2, v = sum g^2; m is 0 where the correlation is not defined. */
    private record Sums(double ssd, double a, double u, double v, double m) {
        static Sums of(double[] f, double[] g) {
            double ssd = 0;
            double a = 0;
            double u = 0;
            double v = 0;
            for (int i = 0; i < f.length; i++) {
                ssd += (f[i] - g[i]) * (f[i] - g[i]);
                a += f[i] * g[i];
                u += f[i] * f[i];
                v += g[i] * g[i];
            }
            double m = Math.sqrt(u) * Math.sqrt(v);
            return new Sums(ssd, a, u, v, m <= PixelMatching.EPS ? 0 : m);
        }
    }

    static double cost(FeatureGrid f, FeatureGrid g, PixelMatching settings) {
        Sums sums = Sums.of(f.values(), g.values());
        double ncc = sums.m() == 0 ? 0 : sums.a() / sums.m();
        double second = settings.mode() == PixelMatching.Mode.LITERAL_PRINTED ? ncc : 1 - ncc;
        return settings.lambdaSsd() * sums.ssd() + settings.lambdaNcc() * second;
    }

    /** Adds the gradients of {@code upstream * cost}. */
    static void backward(
            FeatureGrid f, FeatureGrid g, PixelMatching settings, double upstream, double[] gradF, double[] gradG) {
        double[] x = f.values();
        double[] y = g.values();
        Sums sums = Sums.of(x, y);
        double sign = settings.mode() == PixelMatching.Mode.LITERAL_PRINTED ? 1 : -1;
        double ncc = sums.m() == 0 ? 0 : sign * settings.lambdaNcc();
        double m = sums.m() == 0 ? 1 : sums.m();
        for (int i = 0; i < x.length; i++) {
            double difference = 2 * settings.lambdaSsd() * (x[i] - y[i]);
            double toF = ncc == 0 ? 0 : ncc * (y[i] / m - sums.a() * x[i] / (sums.u() * m));
            double toG = ncc == 0 ? 0 : ncc * (x[i] / m - sums.a() * y[i] / (sums.v() * m));
            gradF[i] += upstream * (difference + toF);
            gradG[i] += upstream * (toG - difference);
        }
    }
}
