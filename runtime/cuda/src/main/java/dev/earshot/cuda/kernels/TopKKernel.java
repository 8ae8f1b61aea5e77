package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.Tensor;

/** Merging of top-K lists. Source: top_k.cu. Reference: TopKOps. */
public final class TopKKernel {
    private static final int BLOCK = 256;
    private static final int TILE = 32;
    private static final int ENTRY_BYTES = Float.BYTES + Integer.BYTES;

    private final CudaContext cuda;
    private final Kernel kernel;

    public TopKKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = cuda.kernel("top_k", "top_k_f32");
    }

    /** x F32 [rows, columns], any strides; groups I32; lists [rows, K], dense. */
    public void launch(
            Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        long rows = x.dim(0);
        int k = Math.toIntExact(values.dim(1));
        cuda.queue()
                .launch(kernel)
                .tensor(x)
                .longInteger(x.stride(0))
                .longInteger(x.stride(1))
                .integer(rows)
                .integer(x.dim(1))
                .tensor(rowGroups)
                .tensor(columnGroups)
                .integer(firstColumn)
                .integer(k)
                .tensor(values)
                .tensor(indices)
                .run((rows + TILE - 1) / TILE, 1, 1, BLOCK, TILE * k * ENTRY_BYTES);
    }
}
