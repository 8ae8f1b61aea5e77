package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Queue;
import dev.earshot.tensor.Tensor;

/**
 * The fusing attention of an audio-visual adapter: one launch forward, two backward. Eight lanes per token; in the sums over
 * tokens a block per latent and 32 columns. Source: cross_modal_attention.cu.
 */
public final class CrossModalAttentionKernel {
    private static final String MODULE = "cross_modal_attention";
    private static final int BLOCK = 128;
    private static final int TOKENS = 16; // of a block
    private static final int SUMS_BLOCK = 256;
    private static final int SUMS_COLUMNS = 32;
    private static final int MOST_SHARED_BYTES = 32 << 10;

    private final CudaContext cuda;
    private final Kernel forward;
    private final Kernel rows;
    private final Kernel sums;

    public CrossModalAttentionKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.forward = cuda.kernel(MODULE, "cross_modal_attention_f32");
        this.rows = cuda.kernel(MODULE, "cross_modal_attention_backward_rows_f32");
        this.sums = cuda.kernel(MODULE, "cross_modal_attention_backward_sums_f32");
    }

    /** out [B, n, r] = u + gate * softmax(scale * u t^T) t. */
    public void forward(Tensor u, Tensor t, Tensor gate, float scale, Tensor out) {
        long sharedBytes = Float.BYTES * TOKENS * t.dim(1);
        boolean spills = sharedBytes > MOST_SHARED_BYTES;
        Queue queue = cuda.queue();
        long spill = spills ? queue.scratch(Float.BYTES * u.dim(0) * u.dim(1) * t.dim(1)) : 0;
        queue.launch(forward)
                .tensor(u)
                .tensor(t)
                .tensor(gate)
                .tensor(out)
                .address(spill)
                .struct(sizes(u, t, out, u, t))
                .real(scale)
                .run(blocks(u), 1, 1, BLOCK, spills ? 0 : (int) sharedBytes);
    }

    /** Adds to the gradients of u [B, n, r], t [B, m, r] and gate [1]. */
    public void backward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        Queue queue = cuda.queue();
        long[] sizes = sizes(u, t, gradOut, gradU, gradT);
        long tokens = blocks(u) * TOKENS; // whole blocks: their idle lanes write too
        long weights = queue.scratch(Float.BYTES * tokens * t.dim(1));
        long slopes = queue.scratch(Float.BYTES * tokens * t.dim(1));
        long projections = queue.scratch(Float.BYTES * tokens);
        queue.launch(rows)
                .tensor(u)
                .tensor(t)
                .tensor(gate)
                .tensor(gradOut)
                .tensor(gradU)
                .address(weights)
                .address(slopes)
                .address(projections)
                .struct(sizes)
                .real(scale)
                .run(blocks(u), BLOCK);
        long columns = AttentionProblem.ceiling(t.dim(2), SUMS_COLUMNS);
        queue.launch(sums)
                .tensor(u)
                .tensor(gradOut)
                .address(weights)
                .address(slopes)
                .address(projections)
                .tensor(gradT)
                .tensor(gradGate)
                .struct(sizes)
                .run(t.dim(0) * t.dim(1) * columns + 1, SUMS_BLOCK); // the last one for the gate
    }

    private static long blocks(Tensor u) {
        return AttentionProblem.ceiling(u.dim(0) * u.dim(1), TOKENS);
    }

    private static long[] sizes(Tensor u, Tensor t, Tensor out, Tensor gradU, Tensor gradT) {
        return new long[] {
            u.dim(0),
            u.dim(1),
            t.dim(1),
            t.dim(2),
            u.stride(0),
            u.stride(1),
            t.stride(0),
            t.stride(1),
            out.stride(0),
            out.stride(1),
            gradU.stride(0),
            gradU.stride(1),
            gradT.stride(0),
            gradT.stride(1)
        };
    }
}
