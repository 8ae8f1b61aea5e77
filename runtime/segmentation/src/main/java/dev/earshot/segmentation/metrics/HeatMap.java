package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;

/**
 * How strongly each place of a picture sounds, row-major: the prediction that VGG-SS is scored on. Plain data.
 *
 * @param values [height, width], shared and not copied
 */
public record HeatMap(int width, int height, float[] values) {
    private static final double CUBIC_A = -0.75; // that of PyTorch; Pillow has -0.5

    public HeatMap {
        if (width < 1 || height < 1 || values.length != (long) width * height) {
            throw new IllegalArgumentException("heat map of %d x %d (width x height): expected %d values, got %d"
                    .formatted(width, height, (long) width * height, values.length));
        }
    }

    /** 1 where the mask is set and 0 elsewhere, for methods that only draw masks. */
    public static HeatMap of(BinaryMask mask) {
        float[] values = new float[mask.width() * mask.height()];
        byte[] set = mask.toBytes((byte) 1);
        for (int i = 0; i < values.length; i++) {
            values[i] = set[i];
        }
        return new HeatMap(mask.width(), mask.height(), values);
    }

    /** How a map is brought to the size at which it is scored. */
    public enum Resize {
        /** Bilinear, corner pixels on corner pixels: EZ-VSL. */
        BILINEAR_CORNERS {
            @Override
            Taps taps(int from, int to, int i) {
                return linear(from, corners(from, to, i));
            }
        },
        /** Bilinear, half-pixel centres with clamped borders: the earlier VGG-SS evaluator. */
        BILINEAR_HALF_PIXEL {
            @Override
            Taps taps(int from, int to, int i) {
                return linear(from, Math.clamp((i + 0.5) * from / to - 0.5, 0, from - 1));
            }
        },
        /** Cubic convolution with a = -0.75, corner pixels on corner pixels: SLAVC. */
        BICUBIC_CORNERS {
            @Override
            Taps taps(int from, int to, int i) {
                double at = corners(from, to, i);
                int first = (int) at - 1;
                double t = at - (int) at;
                return new Taps(first, new double[] {far(1 + t), near(t), near(1 - t), far(2 - t)});
            }
        };

        abstract Taps taps(int from, int to, int i);

        private static double corners(int from, int to, int i) {
            return to == 1 ? 0 : (double) i * (from - 1) / (to - 1);
        }

        private static Taps linear(int from, double at) {
            int first = Math.min((int) at, from - 1);
            double t = at - first;
            return new Taps(first, new double[] {1 - t, t});
        }

        private static double near(double t) {
            return ((CUBIC_A + 2) * t - (CUBIC_A + 3)) * t * t + 1;
        }

        private static double far(double t) {
            return ((CUBIC_A * t - 5 * CUBIC_A) * t + 8 * CUBIC_A) * t - 4 * CUBIC_A;
        }
    }

    /** Weights of neighbouring samples from {@code first} on; samples beyond a border repeat it. */
    record Taps(int first, double[] weights) {
        double apply(double[] samples, int offset, int count) {
            double sum = 0;
            for (int k = 0; k < weights.length; k++) {
                sum += weights[k] * samples[offset + Math.clamp(first + k, 0, count - 1)];
            }
            return sum;
        }
    }

    /** The map at another size, computed in fp64 and rounded once. */
    public HeatMap resized(int toWidth, int toHeight, Resize how) {
        double[] source = new double[values.length];
        for (int i = 0; i < source.length; i++) {
            source[i] = values[i];
        }
        double[] wide = new double[toWidth * height]; // transposed: [toWidth, height]
        for (int x = 0; x < toWidth; x++) {
            Taps taps = how.taps(width, toWidth, x);
            for (int y = 0; y < height; y++) {
                wide[x * height + y] = taps.apply(source, y * width, width);
            }
        }
        float[] out = new float[toWidth * toHeight];
        for (int y = 0; y < toHeight; y++) {
            Taps taps = how.taps(height, toHeight, y);
            for (int x = 0; x < toWidth; x++) {
                out[y * toWidth + x] = (float) taps.apply(wide, x * height, height);
            }
        }
        return new HeatMap(toWidth, toHeight, out);
    }

    /** The map stretched to [0, 1]; a constant map as it is. */
    public HeatMap minMaxNormalised() {
        float min = Float.POSITIVE_INFINITY;
        float max = Float.NEGATIVE_INFINITY;
        for (float value : values) {
            min = Math.min(min, value);
            max = Math.max(max, value);
        }
        if (!(max > min)) {
            return this;
        }
        float[] out = new float[values.length];
        for (int i = 0; i < out.length; i++) {
            out[i] = (values[i] - min) / (max - min);
        }
        return new HeatMap(width, height, out);
    }

    /** Value at an ascending sorted position. */
    float sortedAt(int position) {
        float[] sorted = values.clone();
        java.util.Arrays.sort(sorted);
        return sorted[position];
    }

    /** The pixels at or above a threshold, or strictly above it. */
    BinaryMask above(float threshold, boolean strictly) {
        byte[] set = new byte[values.length];
        for (int i = 0; i < set.length; i++) {
            set[i] = (byte) (strictly ? values[i] > threshold ? 1 : 0 : values[i] >= threshold ? 1 : 0);
        }
        return BinaryMask.of(width, height, set);
    }
}
