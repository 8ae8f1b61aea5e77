package dev.earshot.tensor.cpu;

/**
 * One axis of a bilinear stage from n to m positions: each of the first {@code positions()} outputs lies between two inputs and
 * blends them with two weights. Computed as {@link dev.earshot.tensor.Backend#measureMasks} fixes it.
 */
record MaskAxis(int[] first, int[] second, float[] w0, float[] w1) {
    static MaskAxis of(int n, int m, int positions) {
        MaskAxis axis =
                new MaskAxis(new int[positions], new int[positions], new float[positions], new float[positions]);
        for (int o = 0; o < positions; o++) {
            double s = Math.max(0, (o + 0.5) * n / m - 0.5);
            int first = Math.min((int) Math.floor(s), n - 1);
            axis.first[o] = first;
            axis.second[o] = Math.min(first + 1, n - 1);
            axis.w1[o] = (float) (s - first);
            axis.w0[o] = 1 - axis.w1[o];
        }
        return axis;
    }

    int positions() {
        return first.length;
    }

    /** True if every output is the input at its own position, with a weight of 1. */
    boolean isIdentity() {
        for (int o = 0; o < first.length; o++) {
            if (first[o] != o || w1[o] != 0) {
                return false;
            }
        }
        return true;
    }

    /** The outputs {@code outputs[0..count)} alone. */
    MaskAxis only(int[] outputs, int count) {
        MaskAxis axis = new MaskAxis(new int[count], new int[count], new float[count], new float[count]);
        for (int i = 0; i < count; i++) {
            axis.first[i] = first[outputs[i]];
            axis.second[i] = second[outputs[i]];
            axis.w0[i] = w0[outputs[i]];
            axis.w1[i] = w1[outputs[i]];
        }
        return axis;
    }

    /** This axis where input i is called {@code number[i]}. */
    MaskAxis renumbered(int[] number) {
        MaskAxis axis = new MaskAxis(new int[positions()], new int[positions()], w0, w1);
        for (int o = 0; o < positions(); o++) {
            axis.first[o] = number[first[o]];
            axis.second[o] = number[second[o]];
        }
        return axis;
    }
}
