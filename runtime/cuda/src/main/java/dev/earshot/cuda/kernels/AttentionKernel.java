package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Multi-head attention without its score matrix, and the weights of one without its values. A block of 128 threads per 64
 * queries of a head; heads wider than 128 columns take several blocks each, with the scores in each again. Sources:
 * attention.cu, and attention_mma.cu for bf16 heads of up to 128 columns.
 */
public final class AttentionKernel {
    private static final String MODULE = "attention";
    private static final int BLOCK = 128;
    private static final int[] WIDTHS = {32, 64, 80, 128};
    private static final int WIDEST = WIDTHS[WIDTHS.length - 1];

    private final CudaContext cuda;
    private final Kernel[] f32 = new Kernel[WIDTHS.length];
    private final Kernel[] mma = new Kernel[WIDTHS.length];
    private final Kernel wideBf16;
    private final Kernel[] weights; // F32, BF16

    public AttentionKernel(CudaContext cuda) {
        this.cuda = cuda;
        for (int i = 0; i < WIDTHS.length; i++) {
            f32[i] = cuda.kernel(MODULE, "attention_f32_" + WIDTHS[i]);
            mma[i] = cuda.kernel("attention_mma", "attention_mma_" + WIDTHS[i]);
        }
        wideBf16 = cuda.kernel(MODULE, "attention_bf16_" + WIDEST);
        weights = new Kernel[] {
            cuda.kernel(MODULE, "attention_weights_f32"), cuda.kernel(MODULE, "attention_weights_bf16")
        };
    }

    /** out [B, Nq, heads * hdv] = softmax(scale * q k^T + bias) v; operands of one type, out F32 or BF16. */
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, AttentionBias bias, Tensor out) {
        boolean half = q.dtype() == DType.BF16;
        if (half && Math.max(q.dim(2), v.dim(2)) / heads <= WIDEST) {
            onTensorCores(q, k, v, heads, scale, bias, out);
            return;
        }
        AttentionProblem problem = AttentionProblem.of(cuda, q, k, v, heads, bias, out, AttentionProblem.GROUP);
        int i = half ? WIDTHS.length - 1 : problem.widthIndex(WIDTHS);
        long chunks = AttentionProblem.ceiling(problem.valueWidth(), WIDTHS[i]);
        launch(
                half ? wideBf16 : f32[i],
                new Tensor[] {q, k, v, out},
                scale,
                bias,
                problem,
                problem.allHeads() * chunks * AttentionProblem.blocks(problem.queries()),
                AttentionProblem.sharedBytes(AttentionProblem.ROWS + 2 * AttentionProblem.COLUMNS, WIDTHS[i]));
    }

    private void onTensorCores(Tensor q, Tensor k, Tensor v, int heads, float scale, AttentionBias bias, Tensor out) {
        int group = 8; // 16 bytes
        AttentionProblem problem = AttentionProblem.of(cuda, q, k, v, heads, bias, out, group);
        int i = problem.widthIndex(WIDTHS);
        int tiles = 5; // of 64 rows: the queries, and twice keys and values
        launch(
                mma[i],
                new Tensor[] {q, k, v, out},
                scale,
                bias,
                problem,
                problem.allHeads() * AttentionProblem.blocks(problem.queries()),
                tiles * AttentionProblem.ROWS * (WIDTHS[i] + group) * DType.BF16.bytes());
    }

    private void launch(
            Kernel kernel,
            Tensor[] operands,
            float scale,
            AttentionBias bias,
            AttentionProblem problem,
            long grid,
            int sharedBytes) {
        Tensor out = operands[3];
        cuda.queue()
                .launch(kernel)
                .tensor(operands[0])
                .tensor(operands[1])
                .tensor(operands[2])
                .address(bias.address())
                .tensor(out)
                .integer(AttentionProblem.index(out))
                .struct(problem.words())
                .real(scale)
                .run(grid, 1, 1, BLOCK, sharedBytes);
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
