package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.dnn.AttentionPlans;
import dev.earshot.cuda.dnn.Cudnn;
import dev.earshot.cuda.kernels.AttentionBackwardKernel;
import dev.earshot.cuda.kernels.AttentionBias;
import dev.earshot.cuda.kernels.AttentionFewKernel;
import dev.earshot.cuda.kernels.AttentionKernel;
import dev.earshot.cuda.kernels.CrossModalAttentionKernel;
import dev.earshot.tensor.Tensor;

/** Attention and its backward op; no score matrix is ever in memory. */
public final class AttentionOps implements AutoCloseable {
    private final CudaContext cuda;
    private final AttentionPlans plans;
    private final AttentionKernel kernel;
    private final AttentionFewKernel few;
    private final AttentionBackwardKernel backward;
    private final CrossModalAttentionKernel fusion;

    public AttentionOps(CudaContext cuda, Cudnn library) {
        this.cuda = cuda;
        this.plans = new AttentionPlans(cuda, library);
        this.kernel = new AttentionKernel(cuda);
        this.few = new AttentionFewKernel(cuda);
        this.backward = new AttentionBackwardKernel(cuda);
        this.fusion = new CrossModalAttentionKernel(cuda);
    }

    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        if (!plans.run(q, k, v, heads, scale, out)) {
            attention(q, k, v, heads, scale, AttentionBias.NONE, out);
        }
    }

    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        attention(q, k, v, heads, scale, AttentionBias.of(cuda, bias), out);
    }

    /** By our own kernels: cuDNN has no plan, or does not know our additive term. */
    private void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, AttentionBias bias, Tensor out) {
        if (AttentionFewKernel.suits(q, k, v, heads)) {
            few.attention(q, k, v, heads, scale, bias, out);
        } else {
            kernel.attention(q, k, v, heads, scale, bias, out);
        }
    }

    public void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        kernel.weights(q, k, heads, scale, out);
    }

    public void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor gradOut, Tensor gradQ) {
        queriesBackward(
                new AttentionBackwardKernel.Operands(q, k, v, heads, scale, AttentionBias.NONE, gradOut), gradQ, 0);
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
        attentionBackward(
                new AttentionBackwardKernel.Operands(q, k, v, heads, scale, AttentionBias.NONE, gradOut),
                gradQ,
                gradK,
                gradV);
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
        attentionBackward(
                new AttentionBackwardKernel.Operands(q, k, v, heads, scale, AttentionBias.of(cuda, bias), gradOut),
                gradQ,
                gradK,
                gradV);
    }

    private void attentionBackward(
            AttentionBackwardKernel.Operands operands, Tensor gradQ, Tensor gradK, Tensor gradV) {
        long statistics = cuda.queue().scratch(AttentionBackwardKernel.statisticsBytes(operands));
        queriesBackward(operands, gradQ, statistics);
        backward.keys(operands, statistics, gradK, gradV);
    }

    private void queriesBackward(AttentionBackwardKernel.Operands x, Tensor gradQ, long statistics) {
        if (AttentionFewKernel.suits(x.q(), x.k(), x.v(), x.heads())) {
            few.queries(x, gradQ, statistics);
        } else {
            backward.queries(x, gradQ, statistics);
        }
    }

    public void crossModalAttention(Tensor u, Tensor t, Tensor gate, float scale, Tensor out) {
        fusion.forward(u, t, gate, scale, out);
    }

    public void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        fusion.backward(u, t, gate, scale, gradOut, gradU, gradT, gradGate);
    }

    @Override
    public void close() {
        plans.close();
    }
}
