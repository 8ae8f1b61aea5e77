package dev.earshot.tensor.reference;

import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import java.util.Arrays;

/** Definitions of pixel matching and its backward op: which samples meet, and how pixel costs become one number. */
final class PixelMatchingOps {
    private PixelMatchingOps() {}

    /** The weight of every pixel in the cost of its sample. */
    interface PixelWeights {
        double of(int sample, int pixel);

        /** Makes the cost the mean over {@code pixels} pixels. */
        static PixelWeights mean(long pixels) {
            return (sample, pixel) -> 1.0 / pixels;
        }

        /** @param weights [B, H, W] */
        static PixelWeights given(Tensor weights) {
            double[] values = Elements.read(weights);
            int pixels = Math.toIntExact(weights.dim(1) * weights.dim(2));
            return (sample, pixel) -> values[sample * pixels + pixel];
        }
    }

    static void forward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            PixelWeights weights,
            Tensor cost,
            Tensor winners,
            Tensor saved) {
        int samples = Math.toIntExact(g.dim(0));
        int pixels = Math.toIntExact(f.dim(1) * f.dim(2));
        double[] costs = new double[samples];
        long[] chosen = new long[samples * pixels];
        for (int i = 0; i < samples; i++) {
            int anchor = (int) (i % f.dim(0));
            FeatureGrid first = FeatureGrid.of(f, anchor);
            FeatureGrid second = FeatureGrid.of(g, i);
            if (settings.searches()) {
                PixelSearch search = new PixelSearch(first, second, settings);
                for (int p = 0; p < pixels; p++) {
                    PixelSearch.Winner winner = search.winner(p);
                    chosen[i * pixels + p] = winner.index();
                    costs[i] += weights.of(anchor, p) * winner.cost();
                }
            } else {
                costs[i] = LiteralMatching.cost(first, second, settings);
            }
        }
        Elements.write(costs, cost);
        Elements.writeIntegers(chosen, winners);
        Elements.write(new double[Math.toIntExact(saved.shape().elements())], saved); // all is computed again
    }

    static void backward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            PixelWeights weights,
            Tensor winners,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        int samples = Math.toIntExact(g.dim(0));
        int pixels = Math.toIntExact(f.dim(1) * f.dim(2));
        double[] upstream = Elements.read(gradCost);
        long[] chosen = Elements.readIntegers(winners);
        for (int i = 0; i < samples; i++) {
            int anchor = (int) (i % f.dim(0));
            FeatureGrid first = FeatureGrid.of(f, anchor);
            FeatureGrid second = FeatureGrid.of(g, i);
            double[] toFirst = new double[first.values().length];
            double[] toSecond = new double[second.values().length];
            if (settings.searches()) {
                PixelSearch search = new PixelSearch(first, second, settings);
                double[] pixelGradients = new double[pixels];
                for (int p = 0; p < pixels; p++) {
                    pixelGradients[p] = upstream[i] * weights.of(anchor, p);
                }
                long[] own = Arrays.copyOfRange(chosen, i * pixels, (i + 1) * pixels);
                search.backward(own, pixelGradients, toFirst, toSecond);
            } else {
                LiteralMatching.backward(first, second, settings, upstream[i], toFirst, toSecond);
            }
            add(toFirst, gradF.slice(0, anchor, anchor + 1));
            add(toSecond, gradG.slice(0, i, i + 1));
        }
    }

    private static void add(double[] gradient, Tensor into) {
        double[] sum = Elements.read(into);
        for (int i = 0; i < sum.length; i++) {
            sum[i] += gradient[i];
        }
        Elements.write(sum, into);
    }
}
