package dev.earshot.cuda;

import dev.earshot.cuda.blas.CudaLinear;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.internal.PixelMatchingChecks;
import dev.earshot.tensor.internal.TrainingChecks;

/** The training ops of the CUDA backend; see {@link CudaForward}. An op whose operands are empty adds nothing. */
final class CudaTraining implements TrainingOps {
    private final CudaBackend backend;
    private final CudaOps ops;

    CudaTraining(CudaBackend backend, CudaOps ops) {
        this.backend = backend;
        this.ops = ops;
    }

    @Override
    public void fill(Tensor out, float value) {
        TrainingChecks.fill(out);
        backend.issue("fill", out, () -> ops.elementwise().fill(out, value));
    }

    @Override
    public void accumulate(Tensor x, float alpha, Tensor out) {
        TrainingChecks.accumulate(x, out);
        issue("accumulate", x, out, () -> ops.elementwise().accumulate(x, alpha, out));
    }

    /** Runs an op unless one of the two is empty. */
    private void issue(String call, Tensor x, Tensor out, Runnable op) {
        backend.issue(call, x.shape().elements() == 0 ? x : out, op);
    }

    @Override
    public void accumulateProduct(Tensor a, Tensor b, Tensor out) {
        TrainingChecks.accumulateProduct(a, b, out);
        issue(
                "accumulateProduct",
                a,
                b.shape().elements() == 0 ? b : out,
                () -> ops.elementwise().accumulateProduct(a, b, out));
    }

    @Override
    public void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out) {
        TrainingChecks.accumulateMatmul(a, b, out);
        issue("accumulateMatmul", a, out, () -> ops.products().accumulateMatmul(a, b, alpha, out));
    }

    @Override
    public void linearBackward(Tensor gradOut, Linear layer, Tensor gradX) {
        TrainingChecks.linearBackward(gradOut, layer, gradX);
        CudaLinear own = backend.own(layer);
        issue("linearBackward", gradOut, gradX, () -> ops.products().linearBackward(gradOut, own, gradX));
    }

    @Override
    public void layerNormBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.layerNormBackward(x, gradOut, gradX);
        backend.issue("layerNormBackward", x, () -> ops.rows().layerNormBackward(x, eps, gradOut, gradX));
    }

    @Override
    public void layerNormBackward(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.layerNormBackward(x, gamma, gradOut, gradX);
        backend.issue("layerNormBackward", x, () -> ops.rows().layerNormBackward(x, gamma, eps, gradOut, gradX));
    }

    @Override
    public void layerNormParametersBackward(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        TrainingChecks.layerNormParametersBackward(x, gradOut, gradGamma, gradBeta);
        backend.issue(
                "layerNormParametersBackward",
                x,
                () -> ops.rows().layerNormParametersBackward(x, eps, gradOut, gradGamma, gradBeta));
    }

    @Override
    public void softmaxBackward(Tensor y, float scale, Tensor gradOut, Tensor gradX) {
        TrainingChecks.softmaxBackward(y, gradOut, gradX);
        backend.issue("softmaxBackward", y, () -> ops.rows().softmaxBackward(y, scale, gradOut, gradX));
    }

    @Override
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
        TrainingChecks.attentionBackward(q, k, v, heads, gradOut, gradQ, gradK, gradV);
        issue(
                "attentionBackward",
                gradOut,
                q,
                () -> ops.attention().attentionBackward(q, k, v, heads, scale, gradOut, gradQ, gradK, gradV));
    }

    @Override
    public void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor gradOut, Tensor gradQ) {
        TrainingChecks.attentionBackward(q, k, v, heads, gradOut, gradQ);
        issue(
                "attentionBackward",
                gradOut,
                q,
                () -> ops.attention().attentionBackward(q, k, v, heads, scale, gradOut, gradQ));
    }

    @Override
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
        TrainingChecks.attentionBackward(q, k, v, heads, gradOut, gradQ, gradK, gradV);
        TrainingChecks.attentionBackwardBias(q, k, heads, bias);
        issue(
                "attentionBackward",
                gradOut,
                q,
                () -> ops.attention().attentionBackward(q, k, v, heads, scale, bias, gradOut, gradQ, gradK, gradV));
    }

    @Override
    public void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        TrainingChecks.crossModalAttentionBackward(u, t, gate, gradOut, gradU, gradT, gradGate);
        backend.issue(
                "crossModalAttentionBackward",
                u,
                () -> ops.attention().crossModalAttentionBackward(u, t, gate, scale, gradOut, gradU, gradT, gradGate));
    }

    @Override
    public void unaryBackward(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX) {
        TrainingChecks.unaryBackward(x, gradOut, gradX);
        backend.issue("unaryBackward", x, () -> ops.elementwise().unaryBackward(op, x, gradOut, gradX));
    }

    @Override
    public void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        TrainingChecks.reduceBackward(op, x, axis, gradOut, gradX);
        backend.issue("reduceBackward", x, () -> ops.reductions().reduceBackward(op, x, axis, gradOut, gradX));
    }

    @Override
    public void l2NormalizeBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.l2NormalizeBackward(x, gradOut, gradX);
        backend.issue("l2NormalizeBackward", x, () -> ops.rows().l2NormalizeBackward(x, eps, gradOut, gradX));
    }

    @Override
    public void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        PixelMatchingChecks.backward(f, g, settings, winners, saved, gradCost, gradF, gradG);
        backend.issue(
                "pixelMatchingBackward",
                g,
                () -> ops.matching().pixelMatchingBackward(f, g, settings, winners, saved, gradCost, gradF, gradG));
    }

    @Override
    public void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor weights,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        PixelMatchingChecks.backward(f, g, settings, winners, saved, gradCost, gradF, gradG);
        PixelMatchingChecks.weights("pixelMatchingBackward", f, settings, weights);
        backend.issue(
                "pixelMatchingBackward",
                g,
                () -> ops.matching()
                        .pixelMatchingBackward(f, g, settings, weights, winners, saved, gradCost, gradF, gradG));
    }

    @Override
    public void adam(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        TrainingChecks.adam(parameter, gradient, firstMoment, secondMoment, scalars);
        backend.issue(
                "adam",
                parameter,
                () -> ops.elementwise().adam(parameter, gradient, firstMoment, secondMoment, scalars));
    }
}
