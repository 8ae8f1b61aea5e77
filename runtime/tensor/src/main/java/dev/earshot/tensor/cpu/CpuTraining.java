package dev.earshot.tensor.cpu;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.internal.PixelMatchingChecks;
import dev.earshot.tensor.internal.TrainingChecks;
import dev.earshot.tensor.reference.ReferenceTraining;
import java.util.Optional;

/** The training ops of the CPU backend: checks arguments and makes op records, as {@link CpuBackend} does. */
final class CpuTraining implements TrainingOps {
    private final CpuBackend backend;
    private final TrainingOps loops;

    CpuTraining(CpuBackend backend) {
        this.backend = backend;
        this.loops = ReferenceTraining.on(backend::loops);
    }

    @Override
    public void fill(Tensor out, float value) {
        loops.fill(out, value);
    }

    @Override
    public void accumulate(Tensor x, float alpha, Tensor out) {
        loops.accumulate(x, alpha, out);
    }

    @Override
    public void accumulateProduct(Tensor a, Tensor b, Tensor out) {
        loops.accumulateProduct(a, b, out);
    }

    @Override
    public void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out) {
        loops.accumulateMatmul(a, b, alpha, out);
    }

    @Override
    public void linearBackward(Tensor gradOut, Linear layer, Tensor gradX) {
        TrainingChecks.linearBackward(gradOut, layer, gradX);
        PackedLinear packed = backend.own(layer);
        if (gradX.shape().elements() == 0 || packed.outputWidth() == 0) {
            return;
        }
        PackedLinear transposed = packed.owner().transposed(packed);
        backend.issue("linearBackward", gradX, () -> {
            View sum = View.of(gradX);
            return new LinearOp(View.of(gradOut), transposed, Activation.NONE, Optional.of(sum), sum);
        });
    }

    @Override
    public void layerNormBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        loops.layerNormBackward(x, eps, gradOut, gradX);
    }

    @Override
    public void layerNormBackward(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX) {
        loops.layerNormBackward(x, gamma, eps, gradOut, gradX);
    }

    @Override
    public void layerNormParametersBackward(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        loops.layerNormParametersBackward(x, eps, gradOut, gradGamma, gradBeta);
    }

    @Override
    public void softmaxBackward(Tensor y, float scale, Tensor gradOut, Tensor gradX) {
        loops.softmaxBackward(y, scale, gradOut, gradX);
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
        loops.attentionBackward(q, k, v, heads, scale, gradOut, gradQ, gradK, gradV);
    }

    @Override
    public void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor gradOut, Tensor gradQ) {
        loops.attentionBackward(q, k, v, heads, scale, gradOut, gradQ);
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
        loops.attentionBackward(q, k, v, heads, scale, bias, gradOut, gradQ, gradK, gradV);
    }

    @Override
    public void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        loops.crossModalAttentionBackward(u, t, gate, scale, gradOut, gradU, gradT, gradGate);
    }

    @Override
    public void unaryBackward(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX) {
        loops.unaryBackward(op, x, gradOut, gradX);
    }

    @Override
    public void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        loops.reduceBackward(op, x, axis, gradOut, gradX);
    }

    @Override
    public void l2NormalizeBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        loops.l2NormalizeBackward(x, eps, gradOut, gradX);
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
                gradG,
                () -> new PixelMatchingBackward(
                        View.of(f),
                        View.of(g),
                        settings,
                        Optional.empty(),
                        View.of(winners),
                        View.of(saved),
                        View.of(gradCost),
                        View.of(gradF),
                        View.of(gradG)));
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
                gradG,
                () -> new PixelMatchingBackward(
                        View.of(f),
                        View.of(g),
                        settings,
                        Optional.of(View.of(weights)),
                        View.of(winners),
                        View.of(saved),
                        View.of(gradCost),
                        View.of(gradF),
                        View.of(gradG)));
    }

    @Override
    public void adam(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        loops.adam(parameter, gradient, firstMoment, secondMoment, scalars);
    }
}
