package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Attention between the tokens of a grid with relative positions by row and column, without its score matrix: a block of 128
 * threads per 64 queries of a head, as in {@link AttentionKernel}, with room for their position terms. Sources:
 * grid_attention.cu, and grid_attention_mma.cu for bf16 heads of up to 128 columns. Reference: GridOps.
 */
public final class GridAttentionKernel {
    private static final String MODULE = "grid_attention";
    private static final int BLOCK = 128;
    private static final int[] WIDTHS = {32, 64, 80, 128};
    private static final int WIDEST = WIDTHS[WIDTHS.length - 1];

    /** Bytes of the terms of a block's queries, each 64 and 4 to pad them. */
    private static final int TERM_BYTES = Float.BYTES * AttentionProblem.ROWS * (64 + 4);

    /** Bytes that the rows of a table start at multiples of, if they can. */
    private static final int TABLE_ALIGNMENT = 16;

    private final CudaContext cuda;
    private final Kernel[] f32 = new Kernel[WIDTHS.length];
    private final Kernel[] mma = new Kernel[WIDTHS.length];
    private final Kernel wideBf16;

    public GridAttentionKernel(CudaContext cuda) {
        this.cuda = cuda;
        for (int i = 0; i < WIDTHS.length; i++) {
            f32[i] = cuda.kernel(MODULE, "grid_attention_f32_" + WIDTHS[i]);
            mma[i] = cuda.kernel("grid_attention_mma", "grid_attention_mma_" + WIDTHS[i]);
        }
        wideBf16 = cuda.kernel(MODULE, "grid_attention_bf16_" + WIDEST);
    }

    /** Tables and sizes of the positions, as {@code grid_attention.cuh} packs them. */
    private long[] grid(Tensor rowTable, Tensor columnTable) {
        return new long[] {
            (rowTable.dim(0) + 1) / 2,
            (columnTable.dim(0) + 1) / 2,
            cuda.address(rowTable),
            cuda.address(columnTable),
            aligned(rowTable) | aligned(columnTable) << 1
        };
    }

    private long aligned(Tensor table) {
        boolean all = cuda.address(table) % TABLE_ALIGNMENT == 0 && table.dim(1) * Float.BYTES % TABLE_ALIGNMENT == 0;
        return all ? 1 : 0;
    }

    /** As {@link dev.earshot.tensor.Backend#gridAttention}; operands of one type, out F32 or BF16. */
    public void launch(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor rowTable, Tensor columnTable, Tensor out) {
        Math.toIntExact(q.dim(1)); // the kernels count tokens by 32 bits
        boolean half = q.dtype() == DType.BF16;
        boolean onTensorCores = half && Math.max(q.dim(2), v.dim(2)) / heads <= WIDEST;
        int group = onTensorCores ? 8 : AttentionProblem.GROUP; // 16 bytes of bf16; 16 or 8
        AttentionProblem problem = AttentionProblem.of(cuda, q, k, v, heads, AttentionBias.NONE, out, group);
        int i = half && !onTensorCores ? WIDTHS.length - 1 : problem.widthIndex(WIDTHS);
        Kernel kernel = onTensorCores ? mma[i] : half ? wideBf16 : f32[i];
        cuda.queue()
                .launch(kernel)
                .tensor(q)
                .tensor(k)
                .tensor(v)
                .tensor(out)
                .integer(AttentionProblem.index(out))
                .struct(problem.words())
                .struct(grid(rowTable, columnTable))
                .real(scale)
                .run(
                        problem.allHeads()
                                * AttentionProblem.ceiling(problem.valueWidth(), WIDTHS[i])
                                * AttentionProblem.blocks(problem.queries()),
                        1,
                        1,
                        BLOCK,
                        TERM_BYTES + (onTensorCores ? pairsOfTiles(WIDTHS[i]) : tiles(WIDTHS[i])));
    }

    private static int tiles(int width) {
        return AttentionProblem.sharedBytes(AttentionProblem.ROWS + 2 * AttentionProblem.COLUMNS, width);
    }

    /** Twice keys and values; queries lie where terms do afterwards. */
    private static int pairsOfTiles(int width) {
        return 4 * AttentionProblem.ROWS * (width + 8) * DType.BF16.bytes();
    }
}
