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
    },
    /**
     * The plain tf32 formula: operands of linear layers, matrix products, convolutions and of their backward ops are rounded
     * to 11 significant bits, to the nearest number; sums and everything else are exact.
     */
    TF32 {
        @Override
        double round(double value) {
            return value;
        }

        @Override
        int cutTo(int bits) {
            return bits + HALF_LESS_ONE + (bits >>> TF32_DROPPED & 1) & -1 << TF32_DROPPED;
        }
    },
    /** As {@link #TF32} with the low bits cut off, as a card's matrix units do with operands that nobody rounded before. */
    TF32_CUT {
        @Override
        double round(double value) {
            return value;
        }

        @Override
        int cutTo(int bits) {
            return bits & -1 << TF32_DROPPED;
        }
    };

    /** Bits of an fp32 mantissa that tf32 lacks. */
    private static final int TF32_DROPPED = 13;

    private static final int HALF_LESS_ONE = (1 << TF32_DROPPED - 1) - 1;

    abstract double round(double value);

    /** The bits of a finite fp32 operand as a product takes them. */
    int cutTo(int bits) {
        return bits;
    }

    /** What a product makes of an operand that is in memory already. */
    final double operand(double value) {
        float narrow = (float) value;
        return Float.isFinite(narrow) && rounds()
                ? Float.intBitsToFloat(cutTo(Float.floatToRawIntBits(narrow)))
                : value;
    }

    private boolean rounds() {
        return this == TF32 || this == TF32_CUT;
    }

    /** Operands of a product, changed in place and returned. */
    final double[] operands(double[] values) {
        if (rounds()) {
            for (int i = 0; i < values.length; i++) {
                values[i] = operand(values[i]);
            }
        }
        return values;
    }

    /** Rounds in place. */
    final void round(double[] values) {
        if (this == BF16) {
            for (int i = 0; i < values.length; i++) {
                values[i] = round(values[i]);
            }
        }
    }
}
