package dev.earshot.tensor;

/** A prepared convolution; made by and only usable with one backend's {@link ParameterScope}. */
public interface Convolution {
    /** Weight shape [out, in / groups, kernelHeight, kernelWidth]. */
    Shape weightShape();

    ConvolutionOptions options();

    /** Type of the operands; x must have this type. */
    DType computeType();

    /** Shape of the result for an input of shape [B, C, H, W]. */
    default Shape outputShape(Shape input) {
        ConvolutionOptions o = options();
        return Shape.of(
                input.dim(0),
                weightShape().dim(0),
                (input.dim(2) + 2L * o.padY() - o.dilationY() * (weightShape().dim(2) - 1) - 1) / o.strideY() + 1,
                (input.dim(3) + 2L * o.padX() - o.dilationX() * (weightShape().dim(3) - 1) - 1) / o.strideX() + 1);
    }
}
