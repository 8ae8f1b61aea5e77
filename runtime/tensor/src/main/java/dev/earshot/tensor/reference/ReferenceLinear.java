package dev.earshot.tensor.reference;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import java.util.Optional;

/**
 * A linear layer in Java arrays, the weight stored [in, out] so that the inner loop of the product runs along a row.
 *
 * @param owner where it may be used
 * @param transposed weight [in, out], rounded to the compute type
 * @param biases [out]; zeros for a layer without bias
 * @param int8 what takes the place of the product with {@code transposed} if the layer is quantised
 */
record ReferenceLinear(
        ReferenceParameters owner,
        int in,
        int out,
        DType computeType,
        float[] transposed,
        float[] biases,
        Optional<Int8Product> int8)
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
