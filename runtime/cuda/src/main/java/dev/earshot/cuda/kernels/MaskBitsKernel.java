package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;

/** Masks at the size of their picture as bits. Source: mask_bits.cu. Reference: MaskOps. */
public final class MaskBitsKernel {
    /** Words of 64 bits that a block makes. */
    private static final int WORDS = 512;

    private final CudaContext cuda;
    private final Kernel kernel;

    public MaskBitsKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = cuda.kernel("mask_bits", "mask_bits");
    }

    /** From rows {@code chosen} I32 [M] of logits F32 [N, h, w] to out I64 [M, words]. */
    public void launch(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        int blocks = Math.ceilDiv(resize.words(), WORDS);
        cuda.queue()
                .launch(kernel)
                .tensor(logits)
                .integer(logits.dim(0))
                .tensor(chosen)
                .struct(MaskPixels.sizes(logits, resize))
                .real(threshold)
                .integer(resize.words())
                .integer(blocks)
                .tensor(out)
                .run(chosen.dim(0) * blocks, MaskPixels.BLOCK);
    }
}
