package dev.earshot.tensor.autograd;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Layers, norms, attention and pixel matching on a tape: each runs the op and says how to go back. */
final class LayerOps {
    private final Recording r;
    private final Backend b;
    private final TrainingOps t;

    LayerOps(Recording recording, Backend backend) {
        this.r = recording;
        this.b = backend;
        this.t = backend.training();
    }

    void linear(Tensor x, Linear layer, Activation activation, Tensor out) {
        if (!r.isActive(x)) {
            b.linear(x, layer, activation, out);
            r.constant(out);
            return;
        }
        Consumer<Tensor> backward = linearForward(x, layer, activation, out);
        r.record(out, backward, x);
    }

    /** out = activation(x W^T + b), and how to go back. */
    private Consumer<Tensor> linearForward(Tensor x, Linear layer, Activation activation, Tensor out) {
        if (activation == Activation.NONE) {
            b.linear(x, layer, activation, out);
            return g -> t.linearBackward(g, layer, r.grad(x));
        }
        UnaryOp function = UnaryOp.valueOf(activation.name());
        Tensor before = r.keep(out.shape()); // in two ops also when nothing is kept: the same bits in both runs
        b.linear(x, layer, Activation.NONE, before);
        b.unary(function, before, out);
        return g -> {
            Tensor gradBefore = r.zeros(before.shape());
            t.unaryBackward(function, before, g, gradBefore);
            t.linearBackward(gradBefore, layer, r.grad(x));
        };
    }

    void linear(Tensor x, Linear layer, Activation activation, Tensor residual, Tensor out) {
        if (!r.isActive(x, residual)) {
            b.linear(x, layer, activation, residual, out);
            r.constant(out);
            return;
        }
        if (activation != Activation.NONE) {
            throw new UnsupportedOperationException(
                    "linear with activation %s and residual on a tape: split it into linear and add"
                            .formatted(activation));
        }
        boolean through = r.isActive(x);
        boolean past = r.isActive(residual);
        boolean same = Recording.sameView(residual, out);
        b.linear(x, layer, activation, residual, out);
        r.record(new Recording.Node(out, residual.storage() == out.storage(), same && past, g -> {
            if (through) {
                t.linearBackward(g, layer, r.grad(x));
            }
            if (past && !same) {
                t.accumulate(g, 1, r.grad(residual));
            }
        }));
    }

    void matmul(Tensor x, Tensor y, float alpha, Tensor out) {
        boolean left = r.isActive(x);
        boolean right = r.isActive(y);
        Tensor keptX = right ? r.save(x) : x;
        Tensor keptY = left ? r.save(y) : y;
        b.matmul(x, y, alpha, out);
        if (!left && !right) {
            r.constant(out);
            return;
        }
        r.record(
                out,
                g -> {
                    if (left) {
                        t.accumulateMatmul(g, keptY.transpose(-2, -1), alpha, r.grad(x));
                    }
                    if (right) {
                        t.accumulateMatmul(keptX.transpose(-2, -1), g, alpha, r.grad(y));
                    }
                },
                x,
                y);
    }

    void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        boolean data = r.isActive(x);
        boolean parameters = r.isActive(gamma, beta);
        Tensor kept = data || parameters ? r.save(x) : x;
        b.layerNorm(x, gamma, beta, eps, out);
        if (!data && !parameters) {
            r.constant(out);
            return;
        }
        r.record(
                out,
                g -> {
                    if (data) {
                        t.layerNormBackward(kept, gamma, eps, g, r.grad(x));
                    }
                    if (parameters) {
                        t.layerNormParametersBackward(kept, eps, g, r.grad(gamma), r.grad(beta));
                    }
                },
                x);
    }

    void layerNorm(Tensor x, float eps, Tensor out) {
        r.through(x, out, () -> b.layerNorm(x, eps, out), kept -> g -> t.layerNormBackward(kept, eps, g, r.grad(x)));
    }

    void softmax(Tensor x, float scale, Tensor out) {
        boolean needed = r.isActive(x);
        b.softmax(x, scale, out);
        if (!needed) {
            r.constant(out);
            return;
        }
        r.writing(out);
        Tensor y = r.save(out);
        r.record(out, g -> t.softmaxBackward(y, scale, g, r.grad(x)), x);
    }

    void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        boolean keys = r.isActive(k, v);
        if (!keys && !r.isActive(q)) {
            b.attention(q, k, v, heads, scale, out);
            r.constant(out);
            return;
        }
        Tensor keptQ = r.save(q);
        Tensor keptK = r.save(k);
        Tensor keptV = r.save(v);
        b.attention(q, k, v, heads, scale, out);
        Supplier<Tensor> toQ = r.slot(q);
        Supplier<Tensor> toK = r.slot(k);
        Supplier<Tensor> toV = r.slot(v);
        r.record(out, g -> {
            if (keys) {
                t.attentionBackward(keptQ, keptK, keptV, heads, scale, g, toQ.get(), toK.get(), toV.get());
            } else {
                t.attentionBackward(keptQ, keptK, keptV, heads, scale, g, toQ.get());
            }
        });
    }

    void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        r.refuse("attention bias", bias);
        if (!r.isActive(q) && !r.isActive(k, v)) {
            b.attention(q, k, v, heads, scale, bias, out);
            r.constant(out);
            return;
        }
        Tensor keptQ = r.save(q);
        Tensor keptK = r.save(k);
        Tensor keptV = r.save(v);
        Tensor keptBias = r.save(bias);
        b.attention(q, k, v, heads, scale, bias, out);
        Supplier<Tensor> toQ = r.slot(q);
        Supplier<Tensor> toK = r.slot(k);
        Supplier<Tensor> toV = r.slot(v);
        r.record(
                out,
                g -> t.attentionBackward(
                        keptQ, keptK, keptV, heads, scale, keptBias, g, toQ.get(), toK.get(), toV.get()));
    }

    void crossModalAttention(Tensor u, Tensor latents, Tensor gate, float scale, Tensor out) {
        boolean needed = r.isActive(u, latents) || r.isActive(gate);
        Tensor keptU = needed ? r.save(u) : u;
        Tensor keptT = needed ? r.save(latents) : latents;
        Tensor keptGate = needed ? r.save(gate) : gate;
        b.crossModalAttention(u, latents, gate, scale, out);
        if (!needed) {
            r.constant(out);
            return;
        }
        Supplier<Tensor> toU = r.slot(u);
        Supplier<Tensor> toT = r.slot(latents);
        Supplier<Tensor> toGate = r.slot(gate);
        r.record(
                out,
                g -> t.crossModalAttentionBackward(
                        keptU, keptT, keptGate, scale, g, toU.get(), toT.get(), toGate.get()),
                u);
    }

    void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor sums) {
        b.pixelMatching(f, g, settings, cost, winners, sums);
        matched(
                f,
                g,
                new Matched(cost, winners, sums),
                (keptF, keptG, kept, gradCost, gradF, gradG) -> t.pixelMatchingBackward(
                        keptF, keptG, settings, kept.winners(), kept.sums(), gradCost, gradF, gradG));
    }

    void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor sums) {
        r.refuse("pixelMatching weights", weights);
        Tensor keptWeights = r.isActive(f, g) ? r.save(weights) : weights;
        b.pixelMatching(f, g, settings, weights, cost, winners, sums);
        matched(
                f,
                g,
                new Matched(cost, winners, sums),
                (keptF, keptG, kept, gradCost, gradF, gradG) -> t.pixelMatchingBackward(
                        keptF, keptG, settings, keptWeights, kept.winners(), kept.sums(), gradCost, gradF, gradG));
    }

    /** What a matching writes. */
    private record Matched(Tensor cost, Tensor winners, Tensor sums) {}

    @FunctionalInterface
    private interface MatchingBackward {
        void run(Tensor f, Tensor g, Matched kept, Tensor gradCost, Tensor gradF, Tensor gradG);
    }

    /** Winners and sums are constants; the cost is recorded if something active was matched. */
    private void matched(Tensor f, Tensor g, Matched out, MatchingBackward backward) {
        r.constant(out.winners());
        r.constant(out.sums());
        if (!r.isActive(f, g)) {
            r.constant(out.cost());
            return;
        }
        Tensor keptF = r.save(f);
        Tensor keptG = r.save(g);
        Matched kept = new Matched(out.cost(), r.save(out.winners()), r.save(out.sums()));
        Supplier<Tensor> toF = r.slot(f);
        Supplier<Tensor> toG = r.slot(g);
        r.record(out.cost(), gradCost -> backward.run(keptF, keptG, kept, gradCost, toF.get(), toG.get()));
    }
}
