package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Attention of a few queries with wide heads, forward and backward in the queries: a block of 256 threads per query of a head,
 * a number per key in shared memory. Source: attention_few.cu.
 */
public final class AttentionFewKernel {
    private static final String MODULE = "attention_few";
    private static final int BLOCK = 256;
    private static final int PARTS = 1024; // numbers for partial sums
    private static final int MOST_SHARED_BYTES = 64 << 10;
    private static final int MOST_QUERIES = 16; // the tiles of the other kernels are a quarter full by then
    private static final int LEAST_WIDTH = 129; // one block of the other kernels has all columns up to here
    private static final DType[] TYPES = {DType.F32, DType.BF16};

    private final CudaContext cuda;
    private final Kernel[][] attention = new Kernel[TYPES.length][TYPES.length]; // from, to
    private final Kernel[] backward = new Kernel[TYPES.length];

    public AttentionFewKernel(CudaContext cuda) {
        this.cuda = cuda;
        for (int from = 0; from < TYPES.length; from++) {
            String type = AttentionProblem.name(TYPES[from]);
            backward[from] = cuda.kernel(MODULE, "attention_few_backward_" + type);
            for (int to = 0; to < TYPES.length; to++) {
                attention[from][to] =
                        cuda.kernel(MODULE, "attention_few_%s_%s".formatted(type, AttentionProblem.name(TYPES[to])));
            }
        }
    }

    /** True where this kernel is the better one for an attention of these operands, both ways. */
    public static boolean suits(Tensor q, Tensor k, Tensor v, int heads) {
        return q.dim(1) <= MOST_QUERIES
                && Math.max(q.dim(2), v.dim(2)) / heads >= LEAST_WIDTH
                && backwardBytes(q.dim(2) / heads, v.dim(2) / heads, k.dim(1)) <= MOST_SHARED_BYTES;
    }

    private static long backwardBytes(long width, long valueWidth, long keys) {
        return Float.BYTES * (PARTS + width + valueWidth + 2 * keys);
    }

    /** out [B, Nq, heads * hdv] = softmax(scale * q k^T + bias) v. */
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, AttentionBias bias, Tensor out) {
        AttentionProblem problem = AttentionProblem.of(cuda, q, k, v, heads, bias, out, AttentionProblem.GROUP);
        cuda.queue()
                .launch(attention[AttentionProblem.index(q)][AttentionProblem.index(out)])
                .tensor(q)
                .tensor(k)
                .tensor(v)
                .address(bias.address())
                .tensor(out)
                .struct(problem.words())
                .real(scale)
                .run(
                        problem.allHeads() * problem.queries(),
                        1,
                        1,
                        BLOCK,
                        Math.toIntExact(Float.BYTES * (PARTS + problem.width() + problem.keys())));
    }

    /** Adds to the gradient of the queries; {@code statistics} as in {@link AttentionBackwardKernel#queries}. */
    public void queries(AttentionBackwardKernel.Operands x, Tensor gradQ, long statistics) {
        AttentionProblem problem = AttentionProblem.of(
                cuda, x.q(), x.k(), x.v(), x.heads(), x.bias(), x.gradOut(), AttentionProblem.GROUP);
        cuda.queue()
                .launch(backward[AttentionProblem.index(x.q())])
                .tensor(x.q())
                .tensor(x.k())
                .tensor(x.v())
                .address(x.bias().address())
                .tensor(x.gradOut())
                .tensor(gradQ)
                .address(statistics)
                .struct(problem.words())
                .longInteger(gradQ.stride(0))
                .longInteger(gradQ.stride(1))
                .real(x.scale())
                .run(
                        problem.allHeads() * problem.queries(),
                        1,
                        1,
                        BLOCK,
                        Math.toIntExact(backwardBytes(problem.width(), problem.valueWidth(), problem.keys())));
    }
}
