package dev.earshot.tensor.reference;

import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/**
 * The feature vectors of one image.
 *
 * @param values [height, width, channels]
 */
record FeatureGrid(double[] values, int height, int width, int channels) {
    /** Sample {@code sample} of x [B, H, W, C]. */
    static FeatureGrid of(Tensor x, long sample) {
        return new FeatureGrid(
                Elements.read(x.slice(0, sample, sample + 1)),
                Math.toIntExact(x.dim(1)),
                Math.toIntExact(x.dim(2)),
                Math.toIntExact(x.dim(3)));
    }

    int pixels() {
        return height * width;
    }

    /** The product of pixel {@code p} of this grid and pixel {@code q} of the other. */
    double dot(int p, FeatureGrid other, int q) {
        double sum = 0;
        for (int c = 0; c < channels; c++) {
            sum += values[p * channels + c] * other.values[q * channels + c];
        }
        return sum;
    }

    /** The number that divides pixel {@code p}; 0 stands for "the scaled pixel is zero and constant". */
    private double divisor(PixelMatching.Norm norm, int p, double imageScale) {
        double divisor = switch (norm) {
            case IMAGE -> imageScale;
            case PIXEL -> Math.sqrt(dot(p, this, p));
            case NONE -> 1;
        };
        return divisor <= PixelMatching.EPS ? 0 : divisor;
    }

    /** sqrt(mean over the pixels of |x(p)|^2). */
    private double imageScale() {
        double sum = 0;
        for (double value : values) {
            sum += value * value;
        }
        return Math.sqrt(sum / pixels());
    }

    /** This grid with its pixels scaled. */
    FeatureGrid scaled(PixelMatching.Norm norm) {
        double imageScale = imageScale();
        double[] y = new double[values.length];
        for (int p = 0; p < pixels(); p++) {
            double divisor = divisor(norm, p, imageScale);
            for (int c = p * channels; c < (p + 1) * channels; c++) {
                y[c] = divisor == 0 ? 0 : values[c] / divisor;
            }
        }
        return new FeatureGrid(y, height, width, channels);
    }

    /** Adds to {@code gradient} what the gradient {@code e} of the scaled grid means for this one. */
    void scaledBackward(PixelMatching.Norm norm, FeatureGrid scaled, FeatureGrid e, double[] gradient) {
        double imageScale = imageScale();
        double mean = 0;
        for (int p = 0; p < pixels(); p++) {
            mean += e.dot(p, scaled, p) / pixels();
        }
        for (int p = 0; p < pixels(); p++) {
            double divisor = divisor(norm, p, imageScale);
            if (divisor == 0) {
                continue;
            }
            double along = switch (norm) {
                case IMAGE -> mean;
                case PIXEL -> e.dot(p, scaled, p);
                case NONE -> 0;
            };
            for (int c = p * channels; c < (p + 1) * channels; c++) {
                gradient[c] += (e.values[c] - scaled.values[c] * along) / divisor;
            }
        }
    }
}
