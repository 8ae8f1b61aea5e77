package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Launch;
import dev.earshot.tensor.Tensor;

/** Grids of tokens cut into windows, and windows put back together. Source: windows.cu. Reference: GridOps. */
public final class WindowsKernel {
    private static final int BLOCK = 256;

    /** Threads of a token, at most. */
    private static final int WARP = 32;

    /** Neighbouring elements of a thread where addresses and strides allow it. */
    private static final int VECTOR = 8;

    private static final int VECTOR_BYTES = 16;

    private final CudaContext cuda;
    private final TypedKernels partition;
    private final TypedKernels merge;

    public WindowsKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.partition = new TypedKernels(cuda, "windows", "partition_windows");
        this.merge = new TypedKernels(cuda, "windows", "merge_windows");
    }

    /** From x [B, H, W, C] to out [B * down * across, window * window, C], both F32 or BF16; padding F32 [C]. */
    public void partition(Tensor x, int window, Tensor padding, Tensor out) {
        boolean aligned = isAligned(x) && isAligned(padding) && isAligned(out);
        Launch launch = cuda.queue()
                .launch(partition.of(x.dtype(), out.dtype()))
                .tensor(x)
                .tensor(padding)
                .tensor(out);
        run(launch, x, window, out.dim(0) * out.dim(1), aligned);
    }

    /** The way back, from x [B * down * across, window * window, C] to out [B, H, W, C]. */
    public void merge(Tensor x, int window, Tensor out) {
        boolean aligned = isAligned(x) && isAligned(out);
        Launch launch =
                cuda.queue().launch(merge.of(x.dtype(), out.dtype())).tensor(x).tensor(out);
        run(launch, out, window, out.dim(0) * out.dim(1) * out.dim(2), aligned);
    }

    private static void run(Launch launch, Tensor grid, int window, long tokens, boolean aligned) {
        int vector = aligned ? VECTOR : 1;
        int threads = RowPlan.powerOfTwo((int) Math.min(grid.dim(3) / vector, WARP));
        launch.struct(words(grid, window))
                .integer(tokens)
                .integer(threads)
                .integer(vector)
                .run(Loops.ceil(tokens * threads, BLOCK), BLOCK);
    }

    /** The {@code Windows} struct of windows.cu. */
    private static long[] words(Tensor grid, int window) {
        return new long[] {
            grid.dim(1),
            grid.dim(2),
            grid.dim(3),
            window,
            Math.ceilDiv(grid.dim(1), window),
            Math.ceilDiv(grid.dim(2), window),
            grid.stride(0),
            grid.stride(1),
            grid.stride(2)
        };
    }

    /** True if every row of x starts at a multiple of {@value #VECTOR} elements that is one of {@value #VECTOR_BYTES} bytes. */
    private boolean isAligned(Tensor x) {
        boolean all = cuda.address(x) % VECTOR_BYTES == 0 && x.dim(-1) % VECTOR == 0;
        for (int axis = 0; axis < x.shape().rank() - 1; axis++) {
            all &= x.dim(axis) == 1 || x.stride(axis) % VECTOR == 0;
        }
        return all;
    }
}
