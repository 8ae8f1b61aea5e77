package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Backward op of multi-head attention: a block of 128 threads per 64 queries, and another per 64 keys, of a head. Heads wider
 * than 80 columns take several blocks each. Source: attention_backward.cu.
 */
public final class AttentionBackwardKernel {
    private static final int BLOCK = 128;
    private static final int[] WIDTHS = {32, 80};
    private static final DType[] TYPES = {DType.F32, DType.BF16};
    private static final int STATISTICS = 3; // numbers per query and head: maximum, 1 / sum, projection

    private final CudaContext cuda;
    private final Kernel[][] queries = new Kernel[TYPES.length][WIDTHS.length];
    private final Kernel[][] keys = new Kernel[TYPES.length][WIDTHS.length];

    public AttentionBackwardKernel(CudaContext cuda) {
        this.cuda = cuda;
        for (int type = 0; type < TYPES.length; type++) {
            for (int i = 0; i < WIDTHS.length; i++) {
                String suffix = AttentionProblem.name(TYPES[type]) + "_" + WIDTHS[i];
                queries[type][i] = cuda.kernel("attention_backward", "attention_backward_queries_" + suffix);
                keys[type][i] = cuda.kernel("attention_backward", "attention_backward_keys_" + suffix);
            }
        }
    }

    /** The operands of the forward op with the gradient of its result, F32 [B, Nq, heads * hdv]. */
    public record Operands(Tensor q, Tensor k, Tensor v, int heads, float scale, AttentionBias bias, Tensor gradOut) {}

    /** Bytes of scratch that {@link #queries} leaves for {@link #keys}. */
    public static long statisticsBytes(Operands x) {
        return (long) Float.BYTES * STATISTICS * x.q().dim(0) * x.heads() * x.q().dim(1);
    }

    /**
     * Adds to the gradient of the queries.
     *
     * @param statistics device address that the queries' statistics are left at, 0 to forget them
     */
    public void queries(Operands x, Tensor gradQ, long statistics) {
        AttentionProblem problem = problem(x);
        int i = problem.widthIndex(WIDTHS);
        long aligned = AttentionProblem.aligned(cuda, gradQ, problem.width(), AttentionProblem.GROUP, 0);
        cuda.queue()
                .launch(queries[AttentionProblem.index(x.q())][i])
                .tensor(x.q())
                .tensor(x.k())
                .tensor(x.v())
                .address(x.bias().address())
                .tensor(x.gradOut())
                .tensor(gradQ)
                .address(statistics)
                .struct(problem.words())
                .struct(new long[] {gradQ.stride(0), gradQ.stride(1), 0, 0, 0, 0, aligned})
                .real(x.scale())
                .run(blocks(problem, problem.queries(), problem.width(), i), 1, 1, BLOCK, sharedBytes(i));
    }

    /** Adds to the gradients of keys and values, which may be one tensor. */
    public void keys(Operands x, long statistics, Tensor gradK, Tensor gradV) {
        AttentionProblem problem = problem(x);
        int i = problem.widthIndex(WIDTHS);
        long aligned = AttentionProblem.aligned(cuda, gradK, problem.width(), AttentionProblem.GROUP, 1)
                | AttentionProblem.aligned(cuda, gradV, problem.valueWidth(), AttentionProblem.GROUP, 2);
        long columns = Math.max(problem.width(), problem.valueWidth());
        cuda.queue()
                .launch(keys[AttentionProblem.index(x.q())][i])
                .tensor(x.q())
                .tensor(x.k())
                .tensor(x.v())
                .address(x.bias().address())
                .tensor(x.gradOut())
                .address(statistics)
                .tensor(gradK)
                .tensor(gradV)
                .struct(problem.words())
                .struct(new long[] {0, 0, gradK.stride(0), gradK.stride(1), gradV.stride(0), gradV.stride(1), aligned})
                .real(x.scale())
                .run(blocks(problem, problem.keys(), columns, i), 1, 1, BLOCK, sharedBytes(i));
    }

    private AttentionProblem problem(Operands x) {
        return AttentionProblem.of(cuda, x.q(), x.k(), x.v(), x.heads(), x.bias(), x.gradOut(), AttentionProblem.GROUP);
    }

    private static long blocks(AttentionProblem problem, long rows, long columns, int i) {
        return problem.allHeads() * AttentionProblem.ceiling(columns, WIDTHS[i]) * AttentionProblem.blocks(rows);
    }

    private static int sharedBytes(int i) {
        return AttentionProblem.sharedBytes(2 * (AttentionProblem.ROWS + AttentionProblem.COLUMNS), WIDTHS[i]);
    }
}
