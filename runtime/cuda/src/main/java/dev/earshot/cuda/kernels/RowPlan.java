package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Launch;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * How the kernels of {@code row_group.cuh} share rows among threads: 4 to 32 threads for a row of up to {@value
 * #WARP_COLUMNS} columns and several rows per block, a block of {@value #BLOCK} threads for a longer one. The values of a
 * row are kept in shared memory, those of very long rows in scratch memory.
 *
 * @param wide address of the scratch memory; 0 for shared memory
 */
record RowPlan(long rows, int width, int threads, int block, int sharedBytes, long wide) {
    /** Columns that a thread loads and stores at once, where the layout allows it. */
    static final int PACK = 4;

    private static final int WARP_COLUMNS = 1024;
    private static final int WARP = 32;
    private static final int FEWEST_THREADS = 4;
    private static final int SMALL_BLOCK = 128;
    private static final int BLOCK = 256;

    /** What a kernel may use of the 48 KB that need no opt-in, with room for its static arrays. */
    private static final int SHARED_BYTES = 40 << 10;

    /**
     * @param arrays rows of fp32 values that the kernel keeps per row
     * @param packs true for kernels that move {@value #PACK} columns at once
     */
    static RowPlan of(CudaContext cuda, RowView x, int arrays, boolean packs) {
        int width = Math.toIntExact(x.width());
        long bytes = (long) Float.BYTES * arrays * width;
        if (width <= WARP_COLUMNS) {
            int threads = Math.clamp(powerOfTwo(packs ? width / PACK : width), FEWEST_THREADS, WARP);
            return new RowPlan(x.rows(), width, threads, SMALL_BLOCK, (int) (SMALL_BLOCK / threads * bytes), 0);
        }
        return bytes <= SHARED_BYTES
                ? new RowPlan(x.rows(), width, BLOCK, BLOCK, (int) bytes, 0)
                : new RowPlan(x.rows(), width, BLOCK, BLOCK, 0, cuda.queue().scratch(x.rows() * bytes));
    }

    /** The smallest power of two that is not below {@code n}, from 1 on. */
    static int powerOfTwo(int n) {
        return n <= 1 ? 1 : Integer.highestOneBit(n - 1) << 1;
    }

    /** True if every row of {@code x} may be moved in packs of {@value #PACK} columns. */
    static boolean packs(RowView rows, DType type) {
        return rows.width() % PACK == 0 && rows.isAligned(type.bytes(), PACK * type.bytes());
    }

    /** The same for an F32 vector. */
    static boolean packs(CudaContext cuda, Tensor vector) {
        return cuda.address(vector) % (PACK * Float.BYTES) == 0;
    }

    /** Adds the arguments that all these kernels take. */
    Launch describe(Launch launch) {
        return launch.address(wide).longInteger(rows).integer(width).integer(threads);
    }

    /** Launches a block for every {@code block / threads} rows. */
    void run(Launch launch) {
        int perBlock = block / threads;
        launch.run((rows + perBlock - 1) / perBlock, 1, 1, block, sharedBytes);
    }
}
