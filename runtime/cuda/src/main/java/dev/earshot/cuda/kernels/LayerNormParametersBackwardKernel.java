package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Queue;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.Tensor;

/**
 * Backward of the layer norm in its parameters, in three launches: statistics of the rows, sums over strips of rows, sums
 * over the strips. Source: layer_norm_parameters_backward.cu. Reference: NormBackwardOps.
 */
public final class LayerNormParametersBackwardKernel {
    /** Mean, what the rounded mean lacks, scale, and one word unused. */
    private static final int STATISTICS_BYTES = 16;

    private static final int FEWEST_ROWS_PER_STRIP = 64;
    private static final int MOST_STRIPS = 64;
    private static final int COLUMNS_PER_BLOCK = 32;
    private static final int BLOCK = 256;

    private final CudaContext cuda;
    private final TypedKernels statistics;
    private final TypedKernels statisticsScalar;
    private final TypedKernels columns;
    private final Kernel add;

    public LayerNormParametersBackwardKernel(CudaContext cuda) {
        String module = "layer_norm_parameters_backward";
        this.cuda = cuda;
        this.statistics = new TypedKernels(cuda, module, "layer_norm_statistics");
        this.statisticsScalar = new TypedKernels(cuda, module, "layer_norm_statistics_scalar");
        this.columns = new TypedKernels(cuda, module, "layer_norm_columns");
        this.add = cuda.kernel(module, "layer_norm_parameters_add");
    }

    /** Adds to gradGamma and gradBeta, F32 [C]; x [..., C] is F32 or BF16, gradOut F32. */
    public void launch(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        Queue queue = cuda.queue();
        RowView from = RowView.of(cuda, x);
        RowView slopes = RowView.of(cuda, gradOut);
        long rows = from.rows();
        int width = Math.toIntExact(from.width());
        int stripRows = Math.toIntExact(Math.max(FEWEST_ROWS_PER_STRIP, (rows + MOST_STRIPS - 1) / MOST_STRIPS));
        int strips = Math.toIntExact((rows + stripRows - 1) / stripRows);
        long perRow = queue.scratch(rows * STATISTICS_BYTES);
        long partials = queue.scratch(2L * Float.BYTES * strips * width);

        boolean packs = RowPlan.packs(from, x.dtype());
        RowPlan plan = RowPlan.of(cuda, from, 1, packs);
        Kernel describe = (packs ? statistics : statisticsScalar).of(x.dtype());
        plan.run(
                plan.describe(queue.launch(describe).rows(from).address(perRow)).real(eps));
        queue.launch(columns.of(x.dtype()))
                .rows(from)
                .rows(slopes)
                .address(perRow)
                .longInteger(rows)
                .integer(width)
                .integer(stripRows)
                .address(partials)
                .run((width + COLUMNS_PER_BLOCK - 1) / COLUMNS_PER_BLOCK, strips, 1, BLOCK, 0);
        queue.launch(add)
                .address(partials)
                .integer(strips)
                .integer(width)
                .tensor(gradGamma)
                .tensor(gradBeta)
                .run((width + BLOCK - 1) / BLOCK, BLOCK);
    }
}
