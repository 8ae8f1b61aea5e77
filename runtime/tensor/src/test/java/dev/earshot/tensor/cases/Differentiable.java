package dev.earshot.tensor.cases;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;
import java.util.List;
import java.util.Optional;

/**
 * A call of a forward op together with the backward ops that belong to it.
 *
 * @param inputs that gradients are wanted for
 * @param out of the call
 * @param domain how far its inputs may be moved
 * @param backward adds to the gradients
 */
record Differentiable(List<Tensor> inputs, Tensor out, Domain domain, Backward backward) {
    /** Where the function of an input is smooth. */
    enum Domain {
        EVERYWHERE,
        /** For numbers above 0. */
        POSITIVE,
        /** Between kinks. */
        PIECEWISE
    }

    /** Adds to {@code grads}, one per input, what {@code gradOut} contributes. */
    @FunctionalInterface
    interface Backward {
        void run(TrainingOps training, Tensor gradOut, List<Tensor> grads);
    }

    /** The arguments of a call, by position. */
    private record Arguments(Object[] values) {
        Tensor tensor(int at) {
            return (Tensor) values[at];
        }

        float number(int at) {
            return (float) values[at];
        }

        int integer(int at) {
            return (int) values[at];
        }

        boolean inPlace() {
            for (int i = 0; i < values.length - 1; i++) {
                if (values[i] instanceof Tensor x && values[values.length - 1] instanceof Tensor out) {
                    if (x.storage() == out.storage() && x.offset() == out.offset()) {
                        return true;
                    }
                }
            }
            return false;
        }

        Tensor last() {
            return tensor(values.length - 1);
        }
    }

    /** How {@code op(values)} is differentiated; nothing for calls without a backward op, and for those in place. */
    static Optional<Differentiable> of(String op, Object... values) {
        Arguments a = new Arguments(values);
        if (a.inPlace()) {
            return Optional.empty();
        }
        return switch (op) {
            case "linear" -> linear(a);
            case "matmul" -> Optional.of(matmul(a));
            case "layerNorm" -> Optional.of(values.length == 3 ? plainLayerNorm(a) : layerNorm(a));
            case "softmax" -> one(a.tensor(0), a.last(), (t, g, gx) -> t.softmaxBackward(a.last(), a.number(1), g, gx));
            case "l2Normalize" ->
                one(a.tensor(0), a.last(), (t, g, gx) -> t.l2NormalizeBackward(a.tensor(0), a.number(1), g, gx));
            case "attention" -> Optional.of(attention(a));
            case "crossModalAttention" -> Optional.of(crossModalAttention(a));
            case "unary" -> Optional.of(unary(a));
            case "binary" -> binary(a);
            case "affine" -> one(a.tensor(0), a.last(), (t, g, gx) -> t.accumulate(g, a.number(1), gx));
            case "copy" ->
                !a.tensor(0).dtype().isFloat() || !a.last().dtype().isFloat()
                        ? Optional.empty()
                        : one(a.tensor(0), a.last(), (t, g, gx) -> t.accumulate(g, 1, gx));
            case "reduce" -> Optional.of(reduce(a));
            default -> Optional.empty();
        };
    }

    /** A backward op with a single gradient. */
    @FunctionalInterface
    private interface One {
        void run(TrainingOps training, Tensor gradOut, Tensor gradX);
    }

    private static Optional<Differentiable> one(Tensor x, Tensor out, One backward) {
        return Optional.of(new Differentiable(
                List.of(x), out, Domain.EVERYWHERE, (t, g, grads) -> backward.run(t, g, grads.getFirst())));
    }

    private static Optional<Differentiable> linear(Arguments a) {
        if (a.values[2] != Activation.NONE) {
            return Optional.empty();
        }
        return one(a.tensor(0), a.last(), (t, g, gx) -> t.linearBackward(g, (Linear) a.values[1], gx));
    }

    private static Differentiable matmul(Arguments a) {
        Tensor left = a.tensor(0);
        Tensor right = a.tensor(1);
        return new Differentiable(List.of(left, right), a.last(), Domain.EVERYWHERE, (t, g, grads) -> {
            t.accumulateMatmul(g, right.transpose(-1, -2), a.number(2), grads.get(0));
            t.accumulateMatmul(left.transpose(-1, -2), g, a.number(2), grads.get(1));
        });
    }

    private static Differentiable plainLayerNorm(Arguments a) {
        return one(a.tensor(0), a.last(), (t, g, gx) -> t.layerNormBackward(a.tensor(0), a.number(1), g, gx))
                .orElseThrow();
    }

    private static Differentiable layerNorm(Arguments a) {
        Tensor x = a.tensor(0);
        Tensor gamma = a.tensor(1);
        float eps = a.number(3);
        return new Differentiable(List.of(x, gamma, a.tensor(2)), a.last(), Domain.EVERYWHERE, (t, g, grads) -> {
            t.layerNormBackward(x, gamma, eps, g, grads.get(0));
            t.layerNormParametersBackward(x, eps, g, grads.get(1), grads.get(2));
        });
    }

    private static Differentiable attention(Arguments a) {
        Tensor q = a.tensor(0);
        Tensor k = a.tensor(1);
        Tensor v = a.tensor(2);
        int heads = a.integer(3);
        float scale = a.number(4);
        boolean biased = a.values.length == 7;
        return new Differentiable(List.of(q, k, v), a.last(), Domain.EVERYWHERE, (t, g, grads) -> {
            if (biased) {
                t.attentionBackward(q, k, v, heads, scale, a.tensor(5), g, grads.get(0), grads.get(1), grads.get(2));
            } else {
                t.attentionBackward(q, k, v, heads, scale, g, grads.get(0), grads.get(1), grads.get(2));
            }
        });
    }

    private static Differentiable crossModalAttention(Arguments a) {
        Tensor u = a.tensor(0);
        Tensor latents = a.tensor(1);
        Tensor gate = a.tensor(2);
        return new Differentiable(
                List.of(u, latents, gate),
                a.last(),
                Domain.EVERYWHERE,
                (t, g, grads) -> t.crossModalAttentionBackward(
                        u, latents, gate, a.number(3), g, grads.get(0), grads.get(1), grads.get(2)));
    }

    private static Differentiable unary(Arguments a) {
        UnaryOp op = (UnaryOp) a.values[0];
        Tensor x = a.tensor(1);
        return new Differentiable(
                List.of(x), a.last(), domain(op), (t, g, grads) -> t.unaryBackward(op, x, g, grads.getFirst()));
    }

    private static Domain domain(UnaryOp op) {
        return switch (op) {
            case RELU, ABS -> Domain.PIECEWISE;
            case LOG, SQRT -> Domain.POSITIVE;
            case GELU, QUICK_GELU, SIGMOID, TANH, EXP, NEGATE -> Domain.EVERYWHERE;
        };
    }

    private static Optional<Differentiable> binary(Arguments a) {
        Tensor left = a.tensor(1);
        Tensor right = a.tensor(2);
        List<Tensor> inputs = List.of(left, right);
        return switch ((BinaryOp) a.values[0]) {
            case ADD, SUBTRACT ->
                Optional.of(new Differentiable(inputs, a.last(), Domain.EVERYWHERE, (t, g, grads) -> {
                    t.accumulate(g, 1, grads.get(0));
                    t.accumulate(g, a.values[0] == BinaryOp.ADD ? 1 : -1, grads.get(1));
                }));
            case MULTIPLY ->
                Optional.of(new Differentiable(inputs, a.last(), Domain.EVERYWHERE, (t, g, grads) -> {
                    t.accumulateProduct(g, right, grads.get(0));
                    t.accumulateProduct(g, left, grads.get(1));
                }));
            case DIVIDE, MIN, MAX -> Optional.empty();
        };
    }

    private static Differentiable reduce(Arguments a) {
        ReduceOp op = (ReduceOp) a.values[0];
        Tensor x = a.tensor(1);
        int axis = a.integer(2);
        boolean sum = op == ReduceOp.SUM || op == ReduceOp.MEAN;
        return new Differentiable(
                List.of(x),
                a.last(),
                sum || op == ReduceOp.LOG_SUM_EXP ? Domain.EVERYWHERE : Domain.PIECEWISE,
                (t, g, grads) -> {
                    if (sum) {
                        float weight = op == ReduceOp.MEAN ? 1f / x.dim(axis) : 1;
                        Tensor kept = g.reshape(x.shape().with(axis, 1).toArray());
                        t.accumulate(kept, weight, grads.getFirst());
                    } else {
                        t.reduceBackward(op, x, axis, g, grads.getFirst());
                    }
                });
    }
}
