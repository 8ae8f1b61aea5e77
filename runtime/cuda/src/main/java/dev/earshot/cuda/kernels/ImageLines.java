package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Launch;
import dev.earshot.tensor.Tensor;

/**
 * How the kernels on images share the lines of their result among the threads of blocks of {@value #BLOCK}, and the images
 * themselves as the {@code Image} struct of {@code image.cuh}.
 *
 * @param threads per line
 * @param blocks for all lines
 */
record ImageLines(int threads, long blocks) {
    static final int BLOCK = 256;
    private static final int FEWEST_THREADS = 8;

    static ImageLines of(long lines, long width) {
        int threads = Math.clamp(RowPlan.powerOfTwo((int) Math.min(width, BLOCK)), FEWEST_THREADS, BLOCK);
        int perBlock = BLOCK / threads;
        return new ImageLines(threads, (lines + perBlock - 1) / perBlock);
    }

    /** Adds x [B, C, H, W], innermost stride 1, as an argument. */
    static Launch image(Launch launch, CudaContext cuda, Tensor x) {
        return launch.struct(new long[] {cuda.address(x), x.stride(0), x.stride(1), x.stride(2)});
    }
}
