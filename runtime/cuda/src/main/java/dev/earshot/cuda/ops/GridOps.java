package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.GridAttentionKernel;
import dev.earshot.cuda.kernels.WindowsKernel;
import dev.earshot.tensor.Tensor;

/** Grids of tokens: attention with relative positions, windows. */
public final class GridOps {
    private final GridAttentionKernel attention;
    private final WindowsKernel windows;

    public GridOps(CudaContext cuda) {
        this.attention = new GridAttentionKernel(cuda);
        this.windows = new WindowsKernel(cuda);
    }

    public void gridAttention(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor rowTable, Tensor columnTable, Tensor out) {
        attention.launch(q, k, v, heads, scale, rowTable, columnTable, out);
    }

    public void partitionWindows(Tensor x, int window, Tensor padding, Tensor out) {
        windows.partition(x, window, padding, out);
    }

    public void mergeWindows(Tensor x, int window, Tensor out) {
        windows.merge(x, window, out);
    }
}
