package dev.earshot.tensor.reference;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;

/**
 * A convolution in Java arrays.
 *
 * @param owner where it may be used
 * @param weight of {@code weightShape}, rounded to the compute type
 * @param biases [out]; zeros for a convolution without bias
 */
record ReferenceConvolution(
        ReferenceParameters owner,
        Shape weightShape,
        ConvolutionOptions options,
        DType computeType,
        float[] weight,
        float[] biases)
        implements Convolution {
    double bias(int channel) {
        return biases[channel];
    }
}
