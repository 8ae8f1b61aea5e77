package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.Tensor;

/**
 * An op that maps each row to a row by itself, with one factor: softmax of scale * x (softmax.cu), division by the larger of
 * the length and eps (l2_normalize.cu). Reference: NormOps.
 */
public final class RowKernel {
    private final CudaContext cuda;
    private final TypedKernels packed;
    private final TypedKernels scalar;

    /** The kernels of {@code module}, the stem of a {@code .cu} file. */
    public RowKernel(CudaContext cuda, String module) {
        this.cuda = cuda;
        this.packed = new TypedKernels(cuda, module, module);
        this.scalar = new TypedKernels(cuda, module, module + "_scalar");
    }

    /** From the rows of x, F32 or BF16, to those of out, F32 or BF16, of the same shape. */
    public void launch(Tensor x, float factor, Tensor out) {
        RowView from = RowView.of(cuda, x);
        RowView to = RowView.of(cuda, out);
        boolean packs = RowPlan.packs(from, x.dtype()) && RowPlan.packs(to, out.dtype());
        RowPlan plan = RowPlan.of(cuda, from, 1, packs);
        plan.run(plan.describe(cuda.queue()
                        .launch((packs ? packed : scalar).of(x.dtype(), out.dtype()))
                        .rows(from)
                        .rows(to))
                .real(factor));
    }
}
