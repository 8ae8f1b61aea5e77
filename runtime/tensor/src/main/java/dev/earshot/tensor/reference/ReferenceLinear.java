package dev.earshot.tensor.reference;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;

/**
 * A linear layer in Java arrays, the weight stored [in, out] so that the inner loop of the product runs along a row.
 *
 * @param owner where it may be used
 * @param transposed weight [in, out], rounded to the compute type
 * @param biases [out]; zeros for a layer without bias
 */
record ReferenceLinear(
        ReferenceParameters owner, int in, int out, DType computeType, float[] transposed, float[] biases)
        implements Linear {
    @Override
    public long inputWidth() {
        return in;
    }

    @Override
    public long outputWidth() {
        return out;
    }

    double bias(int column) {
        return biases[column];
    }
}
