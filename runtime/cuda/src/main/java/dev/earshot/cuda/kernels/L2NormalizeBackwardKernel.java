package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/** Backward of the division of rows by their length. Source: l2_normalize_backward.cu. Reference: NormBackwardOps. */
public final class L2NormalizeBackwardKernel {
    private final CudaContext cuda;
    private final TypedKernels packed;
    private final TypedKernels scalar;

    public L2NormalizeBackwardKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.packed = new TypedKernels(cuda, "l2_normalize_backward", "l2_normalize_backward");
        this.scalar = new TypedKernels(cuda, "l2_normalize_backward", "l2_normalize_backward_scalar");
    }

    /** Adds to gradX, F32; x is F32 or BF16, gradOut F32. */
    public void launch(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        RowView from = RowView.of(cuda, x);
        RowView slopes = RowView.of(cuda, gradOut);
        RowView to = RowView.of(cuda, gradX);
        boolean packs =
                RowPlan.packs(from, x.dtype()) && RowPlan.packs(slopes, DType.F32) && RowPlan.packs(to, DType.F32);
        RowPlan plan = RowPlan.of(cuda, from, 2, packs);
        plan.run(plan.describe(cuda.queue()
                        .launch((packs ? packed : scalar).of(x.dtype()))
                        .rows(from)
                        .rows(slopes)
                        .rows(to))
                .real(eps));
    }
}
