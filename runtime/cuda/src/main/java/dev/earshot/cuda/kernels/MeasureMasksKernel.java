package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;

/** Counts and boxes of masks at the size of their picture. Source: measure_masks.cu. Reference: MaskOps. */
public final class MeasureMasksKernel {
    private static final String MODULE = "measure_masks";
    private static final int MEASURES = 7;
    private static final int WARP = 32;

    private final CudaContext cuda;
    private final Kernel parts;
    private final Kernel result;

    public MeasureMasksKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.parts = cuda.kernel(MODULE, "measure_masks_parts");
        this.result = cuda.kernel(MODULE, "measure_masks_result");
    }

    /** From logits F32 [N, h, w] to out I32 [N, 7]; two launches for all masks. */
    public void launch(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out) {
        long masks = logits.dim(0);
        int count = Math.ceilDiv(resize.height(), MaskPixels.ROWS);
        long scratch = cuda.queue().scratch(Integer.BYTES * MEASURES * masks * count);
        cuda.queue()
                .launch(parts)
                .tensor(logits)
                .struct(MaskPixels.sizes(logits, resize))
                .real(threshold + offset)
                .real(threshold)
                .real(threshold - offset)
                .integer(count)
                .address(scratch)
                .run(masks * count, MaskPixels.BLOCK);
        cuda.queue()
                .launch(result)
                .address(scratch)
                .integer(masks)
                .integer(count)
                .tensor(out)
                .run(Loops.ceil(masks * WARP, MaskPixels.BLOCK), MaskPixels.BLOCK);
    }
}
