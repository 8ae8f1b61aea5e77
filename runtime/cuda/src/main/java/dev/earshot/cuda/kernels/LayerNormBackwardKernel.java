package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/** Backward of the layer norm in x. Source: layer_norm_backward.cu. Reference: NormBackwardOps. */
public final class LayerNormBackwardKernel {
    private final CudaContext cuda;
    private final TypedKernels packed;
    private final TypedKernels scalar;

    public LayerNormBackwardKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.packed = new TypedKernels(cuda, "layer_norm_backward", "layer_norm_backward");
        this.scalar = new TypedKernels(cuda, "layer_norm_backward", "layer_norm_backward_scalar");
    }

    /** Adds to gradX, F32; x [..., C] is F32 or BF16, gradOut F32. */
    public void launch(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        launch(x, 0, true, eps, gradOut, gradX);
    }

    /** The same for a layer norm with a gamma, F32 [C]. */
    public void launch(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX) {
        launch(x, cuda.address(gamma), RowPlan.packs(cuda, gamma), eps, gradOut, gradX);
    }

    private void launch(Tensor x, long gamma, boolean gammaPacks, float eps, Tensor gradOut, Tensor gradX) {
        RowView from = RowView.of(cuda, x);
        RowView slopes = RowView.of(cuda, gradOut);
        RowView to = RowView.of(cuda, gradX);
        boolean packs = gammaPacks
                && RowPlan.packs(from, x.dtype())
                && RowPlan.packs(slopes, DType.F32)
                && RowPlan.packs(to, DType.F32);
        RowPlan plan = RowPlan.of(cuda, from, 2, packs);
        plan.run(plan.describe(cuda.queue()
                        .launch((packs ? packed : scalar).of(x.dtype()))
                        .rows(from)
                        .address(gamma)
                        .rows(slopes)
                        .rows(to))
                .real(eps));
    }
}
