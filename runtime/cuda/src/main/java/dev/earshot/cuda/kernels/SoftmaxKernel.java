package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.Tensor;

/** Row-wise softmax of scale * x. Source: softmax.cu. Reference: NormOps. */
public final class SoftmaxKernel {
    private final CudaContext cuda;
    private final TypedKernels packed;
    private final TypedKernels scalar;

    public SoftmaxKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.packed = new TypedKernels(cuda, "softmax", "softmax");
        this.scalar = new TypedKernels(cuda, "softmax", "softmax_scalar");
    }

    /** From the rows of x, F32 or BF16, to those of out, F32 or BF16, of the same shape. */
    public void launch(Tensor x, float scale, Tensor out) {
        RowView from = RowView.of(cuda, x);
        RowView to = RowView.of(cuda, out);
        boolean packs = RowPlan.packs(from, x.dtype()) && RowPlan.packs(to, out.dtype());
        RowPlan plan = RowPlan.of(cuda, from, 1, packs);
        plan.run(plan.describe(cuda.queue()
                        .launch((packs ? packed : scalar).of(x.dtype(), out.dtype()))
                        .rows(from)
                        .rows(to))
                .real(scale));
    }
}
