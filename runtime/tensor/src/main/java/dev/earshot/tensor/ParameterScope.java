package dev.earshot.tensor;

/**
 * Owns the prepared weights of one model on one backend: converted, packed or uploaded once at load. Closing frees all of
 * them and makes every handle from here unusable; closing twice is allowed. Not for use by several threads at once.
 */
public interface ParameterScope extends AutoCloseable {
    /** A contiguous tensor of {@code dtype} with the values of {@code source}. */
    Tensor tensor(HostTensor source, DType dtype);

    /**
     * A linear layer y = x W^T + b.
     *
     * @param weight [out, in], any float type
     * @param bias [out], any float type
     * @param compute type of the operands in the product: F32, or BF16 with fp32 accumulation
     */
    Linear linear(HostTensor weight, HostTensor bias, DType compute);

    /** A linear layer without bias; see {@link #linear(HostTensor, HostTensor, DType)}. */
    Linear linear(HostTensor weight, DType compute);

    /**
     * A two-dimensional convolution.
     *
     * @param weight [out, in / groups, kernelHeight, kernelWidth]
     * @param bias [out]
     */
    Convolution convolution(HostTensor weight, HostTensor bias, ConvolutionOptions options, DType compute);

    /** A convolution without bias; see {@link #convolution(HostTensor, HostTensor, ConvolutionOptions, DType)}. */
    Convolution convolution(HostTensor weight, ConvolutionOptions options, DType compute);

    /** Bytes of prepared weights held. */
    long bytes();

    @Override
    void close();
}
