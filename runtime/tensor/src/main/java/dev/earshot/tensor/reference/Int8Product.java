package dev.earshot.tensor.reference;

import dev.earshot.tensor.DynamicInt8;

/**
 * The product of a quantised linear layer, as {@link DynamicInt8} writes it.
 *
 * @param scales t, per channel
 * @param integers v [out, in]
 */
record Int8Product(float[] scales, int[] integers) {
    /** Quantises a weight [out, in]. */
    static Int8Product of(float[] weight, int out, DynamicInt8 rule) {
        int in = weight.length / out;
        int levels = rule.weightLevels();
        float[] scales = new float[out];
        int[] integers = new int[weight.length];
        for (int n = 0; n < out; n++) {
            float largest = 0;
            for (int k = 0; k < in; k++) {
                largest = Math.max(largest, Math.abs(weight[n * in + k]));
            }
            scales[n] = usable(largest / levels);
            if (scales[n] > 0) {
                float reciprocal = 1 / scales[n];
                for (int k = 0; k < in; k++) {
                    integers[n * in + k] = (int) (weight[n * in + k] * reciprocal + (levels + 0.5f)) - levels;
                }
            }
        }
        return new Int8Product(scales, integers);
    }

    /** The scale, 0 for one that is too small to divide by, NaN for one that is not finite. */
    private static float usable(float scale) {
        if (!Float.isFinite(scale)) {
            return Float.NaN;
        }
        return scale < Float.MIN_NORMAL ? 0 : scale;
    }

    /** y = x W^T + b for rows of x that lie one behind the other. */
    double[] apply(double[] x, int rows, float[] biases) {
        int out = scales.length;
        int in = integers.length / out;
        double[] y = new double[Math.multiplyExact(rows, out)];
        for (int m = 0; m < rows; m++) {
            row(x, m * in, in, biases, y, m * out);
        }
        return y;
    }

    private void row(double[] x, int from, int in, float[] biases, double[] y, int at) {
        float low = 0;
        float high = 0;
        for (int k = 0; k < in; k++) {
            low = Math.min(low, (float) x[from + k]);
            high = Math.max(high, (float) x[from + k]);
        }
        float scale = usable(high / DynamicInt8.STEPS - low / DynamicInt8.STEPS);
        int zero = 0;
        int[] q = new int[in];
        if (scale > 0) {
            float reciprocal = 1 / scale;
            zero = (int) (0.5f - low * reciprocal);
            for (int k = 0; k < in; k++) {
                q[k] = (int) ((float) x[from + k] * reciprocal + (zero + 0.5f));
            }
        }
        for (int n = 0; n < scales.length; n++) {
            long sum = 0;
            for (int k = 0; k < in; k++) {
                sum += (long) (q[k] - zero) * integers[n * in + k];
            }
            y[at + n] = (float) sum * (scale * scales[n]) + biases[n];
        }
    }
}
