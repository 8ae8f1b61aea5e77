package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Tensor;

/** Attention and its backward op. */
public final class AttentionOps {
    private final CudaContext cuda;

    public AttentionOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        throw new UnsupportedOperationException("attention on " + cuda);
    }

    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        throw new UnsupportedOperationException("attention on " + cuda);
    }

    public void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        throw new UnsupportedOperationException("attentionWeights on " + cuda);
    }

    public void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor gradOut, Tensor gradQ) {
        throw new UnsupportedOperationException("attentionBackward on " + cuda);
    }

    public void attentionBackward(
            Tensor q,
            Tensor k,
            Tensor v,
            int heads,
            float scale,
            Tensor gradOut,
            Tensor gradQ,
            Tensor gradK,
            Tensor gradV) {
        throw new UnsupportedOperationException("attentionBackward on " + cuda);
    }

    public void attentionBackward(
            Tensor q,
            Tensor k,
            Tensor v,
            int heads,
            float scale,
            Tensor bias,
            Tensor gradOut,
            Tensor gradQ,
            Tensor gradK,
            Tensor gradV) {
        throw new UnsupportedOperationException("attentionBackward on " + cuda);
    }

    public void crossModalAttention(Tensor u, Tensor t, Tensor gate, float scale, Tensor out) {
        throw new UnsupportedOperationException("crossModalAttention on " + cuda);
    }

    public void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        throw new UnsupportedOperationException("crossModalAttentionBackward on " + cuda);
    }
}
