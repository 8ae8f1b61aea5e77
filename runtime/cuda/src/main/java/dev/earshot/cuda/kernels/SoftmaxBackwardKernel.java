package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/** Backward of the row-wise softmax. Source: softmax_backward.cu. Reference: NormBackwardOps. */
public final class SoftmaxBackwardKernel {
    private final CudaContext cuda;
    private final TypedKernels packed;
    private final TypedKernels scalar;

    public SoftmaxBackwardKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.packed = new TypedKernels(cuda, "softmax_backward", "softmax_backward");
        this.scalar = new TypedKernels(cuda, "softmax_backward", "softmax_backward_scalar");
    }

    /** Adds to gradX, F32; y is the forward op's result, F32 or BF16, gradOut F32. */
    public void launch(Tensor y, float scale, Tensor gradOut, Tensor gradX) {
        RowView from = RowView.of(cuda, y);
        RowView slopes = RowView.of(cuda, gradOut);
        RowView to = RowView.of(cuda, gradX);
        boolean packs =
                RowPlan.packs(from, y.dtype()) && RowPlan.packs(slopes, DType.F32) && RowPlan.packs(to, DType.F32);
        RowPlan plan = RowPlan.of(cuda, from, 2, packs);
        plan.run(plan.describe(cuda.queue()
                        .launch((packs ? packed : scalar).of(y.dtype()))
                        .rows(from)
                        .rows(slopes)
                        .rows(to))
                .real(scale));
    }
}
