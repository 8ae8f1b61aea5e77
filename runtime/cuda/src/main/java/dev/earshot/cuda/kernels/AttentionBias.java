package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Tensor;

/**
 * The additive term of an attention as the kernels read it: device address, 0 for no such term, and strides in elements, 0
 * along an axis of size 1.
 */
public record AttentionBias(long address, long batchStride, long headStride, long queryStride) {
    /** No additive term. */
    public static final AttentionBias NONE = new AttentionBias(0, 0, 0, 0);

    /** The term {@code bias} [B or 1, heads or 1, Nq or 1, Nk]. */
    public static AttentionBias of(CudaContext cuda, Tensor bias) {
        return new AttentionBias(cuda.address(bias), stride(bias, 0), stride(bias, 1), stride(bias, 2));
    }

    private static long stride(Tensor bias, int axis) {
        return bias.dim(axis) == 1 ? 0 : bias.stride(axis);
    }
}
