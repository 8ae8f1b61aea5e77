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
import java.util.Optional;

/** The training ops of the CPU backend: checks arguments and makes op records, as {@link CpuBackend} does. */
final class CpuTraining implements TrainingOps {
    private final CpuBackend backend;

    CpuTraining(CpuBackend backend) {
        this.backend = backend;
    }

    @Override
    public void fill(Tensor out, float value) {
        TrainingChecks.fill(out);
        backend.issue("fill", out, () -> new Accumulation.Fill(View.of(out), value));
    }

    @Override
    public void accumulate(Tensor x, float alpha, Tensor out) {
        TrainingChecks.accumulate(x, out);
        backend.issue("accumulate", out, () -> new Accumulation.Sum(View.of(x), alpha, View.of(out)));
    }

    @Override
    public void accumulateProduct(Tensor a, Tensor b, Tensor out) {
        TrainingChecks.accumulateProduct(a, b, out);
        backend.issue("accumulateProduct", out, () -> new Accumulation.Product(View.of(a), View.of(b), View.of(out)));
    }

    @Override
    public void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out) {
        TrainingChecks.accumulateMatmul(a, b, out);
        if (a.shape().elements() > 0) {
            backend.issue(
                    "accumulateMatmul", out, () -> new AccumulateMatmul(View.of(a), View.of(b), alpha, View.of(out)));
        }
    }

    @Override
    public void linearBackward(Tensor gradOut, Linear layer, Tensor gradX) {
        TrainingChecks.linearBackward(gradOut, layer, gradX);
        if (!(backend.own(layer) instanceof PackedLinear packed)) {
            throw new IllegalArgumentException(
                    "linearBackward layer: expected fp32 or bf16 weights, got %s — train on a backend without int8"
                            .formatted(layer));
        }
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
        TrainingChecks.layerNormBackward(x, gradOut, gradX);
        layerNormBackward(x, Optional.empty(), eps, gradOut, gradX);
    }

    @Override
    public void layerNormBackward(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.layerNormBackward(x, gamma, gradOut, gradX);
        layerNormBackward(x, Optional.of(gamma), eps, gradOut, gradX);
    }

    private void layerNormBackward(Tensor x, Optional<Tensor> gamma, float eps, Tensor gradOut, Tensor gradX) {
        backend.issue(
                "layerNormBackward",
                gradX,
                () -> new RowBackward.LayerNorm(
                        View.of(x), gamma.map(View::of), eps, View.of(gradOut), View.of(gradX)));
    }

    @Override
    public void layerNormParametersBackward(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        TrainingChecks.layerNormParametersBackward(x, gradOut, gradGamma, gradBeta);
        backend.issue(
                "layerNormParametersBackward",
                x,
                () -> new LayerNormParametersBackward(
                        View.of(x), eps, View.of(gradOut), View.of(gradGamma), View.of(gradBeta)));
    }

    @Override
    public void softmaxBackward(Tensor y, float scale, Tensor gradOut, Tensor gradX) {
        TrainingChecks.softmaxBackward(y, gradOut, gradX);
        backend.issue(
                "softmaxBackward",
                gradX,
                () -> new RowBackward.Softmax(View.of(y), scale, View.of(gradOut), View.of(gradX)));
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
        backend.issue(
                "attentionBackward",
                q,
                () -> new AttentionBackward(
                        View.of(q),
                        View.of(k),
                        View.of(v),
                        heads,
                        scale,
                        Optional.empty(),
                        View.of(gradOut),
                        View.of(gradQ),
                        Optional.of(new AttentionBackward.KeyGradients(View.of(gradK), View.of(gradV)))));
    }

    @Override
    public void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor gradOut, Tensor gradQ) {
        TrainingChecks.attentionBackward(q, k, v, heads, gradOut, gradQ);
        backend.issue(
                "attentionBackward",
                q,
                () -> new AttentionBackward(
                        View.of(q),
                        View.of(k),
                        View.of(v),
                        heads,
                        scale,
                        Optional.empty(),
                        View.of(gradOut),
                        View.of(gradQ),
                        Optional.empty()));
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
        backend.issue(
                "attentionBackward",
                q,
                () -> new AttentionBackward(
                        View.of(q),
                        View.of(k),
                        View.of(v),
                        heads,
                        scale,
                        Optional.of(View.of(bias)),
                        View.of(gradOut),
                        View.of(gradQ),
                        Optional.of(new AttentionBackward.KeyGradients(View.of(gradK), View.of(gradV)))));
    }

    @Override
    public void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        TrainingChecks.crossModalAttentionBackward(u, t, gate, gradOut, gradU, gradT, gradGate);
        backend.issue(
                "crossModalAttentionBackward",
                u,
                () -> new CrossModalAttention.Backward(
                        View.of(u),
                        View.of(t),
                        View.of(gate),
                        scale,
                        View.of(gradOut),
                        View.of(gradU),
                        View.of(gradT),
                        View.of(gradGate)));
    }

    @Override
    public void unaryBackward(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX) {
        TrainingChecks.unaryBackward(x, gradOut, gradX);
        backend.issue("unaryBackward", x, () -> new UnaryBackward(op, View.of(x), View.of(gradOut), View.of(gradX)));
    }

    @Override
    public void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        TrainingChecks.reduceBackward(op, x, axis, gradOut, gradX);
        int index = x.shape().axis(axis);
        backend.issue(
                "reduceBackward", x, () -> new ReduceBackward(op, View.of(x), index, View.of(gradOut), View.of(gradX)));
    }

    @Override
    public void l2NormalizeBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        TrainingChecks.l2NormalizeBackward(x, gradOut, gradX);
        backend.issue(
                "l2NormalizeBackward",
                gradX,
                () -> new RowBackward.L2Normalize(View.of(x), eps, View.of(gradOut), View.of(gradX)));
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
        TrainingChecks.adam(parameter, gradient, firstMoment, secondMoment, scalars);
        backend.issue(
                "adam",
                parameter,
                () -> new Adam(
                        View.of(parameter),
                        View.of(gradient),
                        View.of(firstMoment),
                        View.of(secondMoment),
                        View.of(scalars)));
    }
}
