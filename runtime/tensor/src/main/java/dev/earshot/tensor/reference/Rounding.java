package dev.earshot.tensor.reference;

import dev.earshot.tensor.Floats;

/** What {@link ReferenceBackend} does to the result of each elementary step. */
public enum Rounding {
    /** Results keep fp64 until they are stored in the type of the op's out. */
    NONE {
        @Override
        double round(double value) {
            return value;
        }
    },
    /**
     * The plain bf16 formula: weights, and every result that a PyTorch model converted to bf16 would hold in a tensor, are
     * rounded to bf16, whatever the type of the op's out: products, biased sums, activations, the residual stream, scores,
     * softmax probabilities. Sums inside one step are exact. The yardstick for mixed-precision backends, which must err at
     * most twice as much.
     */
    BF16 {
        @Override
        double round(double value) {
            return Floats.roundBf16((float) value);
        }
    };

    abstract double round(double value);

    /** Rounds in place. */
    final void round(double[] values) {
        if (this != NONE) {
            for (int i = 0; i < values.length; i++) {
                values[i] = round(values[i]);
            }
        }
    }
}
