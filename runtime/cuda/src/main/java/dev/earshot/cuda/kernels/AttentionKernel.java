package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Multi-head attention without its score matrix, and the weights of one without its values. A block of 128 threads per 64
 * queries of a head; heads wider than 128 columns take several blocks each, with the scores in each again. Source:
 * attention.cu.
 */
public final class AttentionKernel {
    private static final int BLOCK = 128;
    private static final int[] WIDTHS = {32, 64, 80, 128};
    private static final DType[] TYPES = {DType.F32, DType.BF16};

    private final CudaContext cuda;
    private final Kernel[][][] attention = new Kernel[TYPES.length][TYPES.length][WIDTHS.length]; // from, to, width
    private final Kernel[] weights = new Kernel[TYPES.length];

    public AttentionKernel(CudaContext cuda) {
        this.cuda = cuda;
        for (int from = 0; from < TYPES.length; from++) {
            weights[from] = cuda.kernel("attention", "attention_weights_" + AttentionProblem.name(TYPES[from]));
            for (int to = 0; to < TYPES.length; to++) {
                for (int i = 0; i < WIDTHS.length; i++) {
                    String name = "attention_%s_%s_%d"
                            .formatted(AttentionProblem.name(TYPES[from]), AttentionProblem.name(TYPES[to]), WIDTHS[i]);
                    attention[from][to][i] = cuda.kernel("attention", name);
                }
            }
        }
    }

    /** out [B, Nq, heads * hdv] = softmax(scale * q k^T + bias) v; operands of one type, out F32 or BF16. */
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, AttentionBias bias, Tensor out) {
        AttentionProblem problem = AttentionProblem.of(cuda, q, k, v, heads, bias, out);
        int i = problem.widthIndex(WIDTHS);
        int width = WIDTHS[i];
        long chunks = AttentionProblem.ceiling(problem.valueWidth(), width);
        cuda.queue()
                .launch(attention[AttentionProblem.index(q)][AttentionProblem.index(out)][i])
                .tensor(q)
                .tensor(k)
                .tensor(v)
                .address(bias.address())
                .tensor(out)
                .struct(problem.words())
                .real(scale)
                .run(
                        problem.allHeads() * chunks * AttentionProblem.blocks(problem.queries()),
                        1,
                        1,
                        BLOCK,
                        AttentionProblem.sharedBytes(AttentionProblem.ROWS + 2 * AttentionProblem.COLUMNS, width));
    }

    /** out F32 [B, heads, Nq, Nk] = softmax(scale * q k^T). */
    public void weights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        AttentionProblem problem = AttentionProblem.ofWeights(cuda, q, k, heads, out);
        cuda.queue()
                .launch(weights[AttentionProblem.index(q)])
                .tensor(q)
                .tensor(k)
                .tensor(out)
                .struct(problem.words())
                .longInteger(out.stride(1))
                .real(scale)
                .run(problem.allHeads() * AttentionProblem.blocks(problem.queries()), BLOCK);
    }
}
