package dev.earshot.tensor.reference;

import dev.earshot.tensor.Linear;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.internal.PixelMatchingChecks;
import dev.earshot.tensor.internal.TrainingChecks;
import dev.earshot.tensor.reference.PixelMatchingOps.PixelWeights;
import java.util.function.Function;

/** The training ops as their definitions read, with fp64 accumulation; see {@link ReferenceBackend}. */
final class ReferenceTraining implements TrainingOps {
    private final Runner runner;
    private final Function<Linear, ReferenceLinear> own;
    private final Rounding rounding;

    /** How a backend runs an op: with its checks of thread and life, and recorded while it captures. */
    @FunctionalInterface
    interface Runner {
        /** Runs {@code loops}, now and in every replay of a program that is being captured. */
        void run(String op, Runnable loops);
    }

    ReferenceTraining(Runner runner, Function<Linear, ReferenceLinear> own, Rounding rounding) {
        this.runner = runner;
        this.own = own;
        this.rounding = rounding;
    }

    @Override
    public void fill(Tensor out, float value) {
        TrainingChecks.fill(out);
        runner.run("fill", () -> AccumulateOps.fill(out, value));
    }

    @Override
    public void accumulate(Tensor x, float alpha, Tensor out) {
        TrainingChecks.accumulate(x, out);
        runner.run("accumulate", () -> AccumulateOps.accumulate(x, alpha, out, rounding));
    }

    @Override
    public void accumulateProduct(Tensor a, Tensor b, Tensor out) {
        TrainingChecks.accumulateProduct(a, b, out);
        runner.run("accumulateProduct", () -> AccumulateOps.accumulateProduct(a, b, out, rounding));
    }

    @Override
    public void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out) {
        TrainingChecks.accumulateMatmul(a, b, out);
        runner.run("accumulateMatmul", () -> AccumulateOps.accumulateMatmul(a, b, alpha, out, rounding));
    }

    @Override
    public void linearBackward(Tensor gradOut, Linear layer, Tensor gradX) {
        TrainingChecks.linearBackward(gradOut, layer, gradX);
        ReferenceLinear known = own.apply(layer);
        if (known.int8().isPresent()) {
            throw new IllegalArgumentException(
                    "linearBackward layer: expected fp32 or bf16 weights, got int8 ones — train on a backend without int8");
        }
        runner.run("linearBackward", () -> AccumulateOps.linearBackward(gradOut, known, gradX, rounding));
    }

    @Override
    public void layerNormBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.layerNormBackward(x, gradOut, gradX);
        runner.run("layerNormBackward", () -> NormBackwardOps.layerNorm(x, eps, gradOut, gradX, rounding));
    }

    @Override
    public void layerNormBackward(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.layerNormBackward(x, gamma, gradOut, gradX);
        runner.run("layerNormBackward", () -> NormBackwardOps.layerNorm(x, gamma, eps, gradOut, gradX, rounding));
    }

    @Override
    public void layerNormParametersBackward(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        TrainingChecks.layerNormParametersBackward(x, gradOut, gradGamma, gradBeta);
        runner.run(
                "layerNormParametersBackward",
                () -> NormBackwardOps.layerNormParameters(x, eps, gradOut, gradGamma, gradBeta, rounding));
    }

    @Override
    public void softmaxBackward(Tensor y, float scale, Tensor gradOut, Tensor gradX) {
        TrainingChecks.softmaxBackward(y, gradOut, gradX);
        runner.run("softmaxBackward", () -> NormBackwardOps.softmax(y, scale, gradOut, gradX, rounding));
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
        runner.run(
                "attentionBackward",
                () -> new AttentionBackwardOps(q, k, v, heads, scale, AttentionOps.NO_BIAS, rounding)
                        .run(gradOut, gradQ, gradK, gradV));
    }

    @Override
    public void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor gradOut, Tensor gradQ) {
        TrainingChecks.attentionBackward(q, k, v, heads, gradOut, gradQ);
        runner.run(
                "attentionBackward",
                () -> new AttentionBackwardOps(q, k, v, heads, scale, AttentionOps.NO_BIAS, rounding)
                        .run(gradOut, gradQ));
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
        runner.run("attentionBackward", () -> {
            AttentionOps.Bias term = AttentionOps.bias(bias, q, heads, rounding);
            new AttentionBackwardOps(q, k, v, heads, scale, term, rounding).run(gradOut, gradQ, gradK, gradV);
        });
    }

    @Override
    public void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        TrainingChecks.crossModalAttentionBackward(u, t, gate, gradOut, gradU, gradT, gradGate);
        var targets = new CrossModalAttentionOps.Targets(gradU, gradT, gradGate);
        runner.run(
                "crossModalAttentionBackward",
                () -> CrossModalAttentionOps.backward(u, t, gate, scale, gradOut, targets, rounding));
    }

    @Override
    public void unaryBackward(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX) {
        TrainingChecks.unaryBackward(x, gradOut, gradX);
        runner.run("unaryBackward", () -> ElementwiseBackwardOps.unary(op, x, gradOut, gradX, rounding));
    }

    @Override
    public void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        TrainingChecks.reduceBackward(op, x, axis, gradOut, gradX);
        runner.run("reduceBackward", () -> ElementwiseBackwardOps.reduce(op, x, axis, gradOut, gradX, rounding));
    }

    @Override
    public void l2NormalizeBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.l2NormalizeBackward(x, gradOut, gradX);
        runner.run("l2NormalizeBackward", () -> NormBackwardOps.l2Normalize(x, eps, gradOut, gradX, rounding));
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
        PixelWeights weights = PixelWeights.mean(f.dim(1) * f.dim(2));
        runner.run(
                "pixelMatchingBackward",
                () -> PixelMatchingOps.backward(f, g, settings, weights, winners, gradCost, gradF, gradG));
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
        runner.run("pixelMatchingBackward", () -> {
            PixelWeights own = PixelWeights.given(weights);
            PixelMatchingOps.backward(f, g, settings, own, winners, gradCost, gradF, gradG);
        });
    }

    @Override
    public void adam(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        TrainingChecks.adam(parameter, gradient, firstMoment, secondMoment, scalars);
        runner.run("adam", () -> ElementwiseBackwardOps.adam(parameter, gradient, firstMoment, secondMoment, scalars));
    }
}
