package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Backward of a {@link RowKernel}: of softmax from its result (softmax_backward.cu), of the division by the length from its
 * input (l2_normalize_backward.cu). Reference: NormBackwardOps.
 */
public final class RowBackwardKernel {
    private final CudaContext cuda;
    private final TypedKernels packed;
    private final TypedKernels scalar;

    /** The kernels of {@code module}, the stem of a {@code .cu} file. */
    public RowBackwardKernel(CudaContext cuda, String module) {
        this.cuda = cuda;
        this.packed = new TypedKernels(cuda, module, module);
        this.scalar = new TypedKernels(cuda, module, module + "_scalar");
    }

    /** Adds to gradX, F32; kept is what the forward op left, F32 or BF16, gradOut F32. */
    public void launch(Tensor kept, float factor, Tensor gradOut, Tensor gradX) {
        RowView from = RowView.of(cuda, kept);
        RowView slopes = RowView.of(cuda, gradOut);
        RowView to = RowView.of(cuda, gradX);
        boolean packs =
                RowPlan.packs(from, kept.dtype()) && RowPlan.packs(slopes, DType.F32) && RowPlan.packs(to, DType.F32);
        RowPlan plan = RowPlan.of(cuda, from, 2, packs);
        plan.run(plan.describe(cuda.queue()
                        .launch((packs ? packed : scalar).of(kept.dtype()))
                        .rows(from)
                        .rows(slopes)
                        .rows(to))
                .real(factor));
    }
}
