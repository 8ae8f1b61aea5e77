package dev.earshot.cuda.dnn;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;

/**
 * A convolution's weights on the device.
 *
 * @param owner the parameter scope whose memory it is
 * @param weight device address of the weight, row-major in the compute type
 * @param bias device address of the F32 bias [out], 0 for none
 */
public record CudaConvolution(
        Object owner, Shape weightShape, ConvolutionOptions options, DType computeType, long weight, long bias)
        implements Convolution {}
