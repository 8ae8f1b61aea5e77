package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Launch;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.Tensor;

/**
 * Row-wise layer normalisation: y = (x - mean) / sqrt(var + eps), times gamma plus beta where there are some. Source:
 * layer_norm.cu. Reference: NormOps.
 */
public final class LayerNormKernel {
    /** Width of the rows that a warp keeps in registers. */
    private static final int FEWEST_COLUMNS = 128;

    private static final int MOST_COLUMNS = 1280;
    private static final int BLOCK = 128;
    private static final int ROWS_PER_BLOCK = 4;

    private final CudaContext cuda;
    private final TypedKernels inRegisters;
    private final TypedKernels kept;
    private final TypedKernels scalar;

    public LayerNormKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.inRegisters = new TypedKernels(cuda, "layer_norm", "layer_norm");
        this.kept = new TypedKernels(cuda, "layer_norm", "layer_norm_kept");
        this.scalar = new TypedKernels(cuda, "layer_norm", "layer_norm_scalar");
    }

    /** Normalises the rows of x [..., C], F32 or BF16, into out of its shape, F32 or BF16. */
    public void launch(Tensor x, float eps, Tensor out) {
        launch(x, 0, 0, true, eps, out);
    }

    /** The same with gamma and beta, F32 [C]. */
    public void launch(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        boolean packs = RowPlan.packs(cuda, gamma) && RowPlan.packs(cuda, beta);
        launch(x, cuda.address(gamma), cuda.address(beta), packs, eps, out);
    }

    private void launch(Tensor x, long gamma, long beta, boolean vectorsPack, float eps, Tensor out) {
        RowView from = RowView.of(cuda, x);
        RowView to = RowView.of(cuda, out);
        boolean packs = vectorsPack && RowPlan.packs(from, x.dtype()) && RowPlan.packs(to, out.dtype());
        if (packs && from.width() > FEWEST_COLUMNS && from.width() <= MOST_COLUMNS) {
            begin(inRegisters.of(x.dtype(), out.dtype()), from, gamma, beta, to)
                    .longInteger(from.rows())
                    .integer(from.width())
                    .real(eps)
                    .run((from.rows() + ROWS_PER_BLOCK - 1) / ROWS_PER_BLOCK, BLOCK);
            return;
        }
        RowPlan plan = RowPlan.of(cuda, from, 1, packs);
        Launch launch = begin((packs ? kept : scalar).of(x.dtype(), out.dtype()), from, gamma, beta, to);
        plan.run(plan.describe(launch).real(eps));
    }

    private Launch begin(Kernel kernel, RowView from, long gamma, long beta, RowView to) {
        return cuda.queue()
                .launch(kernel)
                .rows(from)
                .address(gamma)
                .address(beta)
                .rows(to);
    }
}
