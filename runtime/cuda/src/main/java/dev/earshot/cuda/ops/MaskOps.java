package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.MaskBitsKernel;
import dev.earshot.cuda.kernels.MeasureMasksKernel;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;

/** Masks at the size of their picture, from logits of a lower resolution. */
public final class MaskOps {
    private final MeasureMasksKernel measure;
    private final MaskBitsKernel bits;

    public MaskOps(CudaContext cuda) {
        this.measure = new MeasureMasksKernel(cuda);
        this.bits = new MaskBitsKernel(cuda);
    }

    public void measureMasks(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out) {
        measure.launch(logits, resize, threshold, offset, out);
    }

    public void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        bits.launch(logits, chosen, resize, threshold, out);
    }
}
