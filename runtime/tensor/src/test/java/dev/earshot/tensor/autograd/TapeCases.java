package dev.earshot.tensor.autograd;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.autograd.GradientCheck.Computation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** Small computations whose gradients are compared with differences. */
final class TapeCases {
    private TapeCases() {}

    static Tensor input(Backend b, Workspace ws, long seed, long... dims) {
        Tensor x = ws.allocate(DType.F32, dims);
        b.upload(HostTensor.of(gaussian(seed, Math.toIntExact(x.shape().elements())), dims), x);
        return x;
    }

    static float[] gaussian(long seed, int count) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** A weighted sum of all elements, so that every element has a gradient of its own. */
    static Tensor weighedSum(Backend b, Workspace ws, Tensor x) {
        Tensor dense = b.copy(ws, x, DType.F32).reshape(1, x.shape().elements());
        Tensor weighed = ws.allocate(DType.F32, dense.shape());
        b.binary(BinaryOp.MULTIPLY, dense, input(b, ws, 99, 1, dense.dim(1)), weighed);
        Tensor sum = ws.allocate(DType.F32, 1);
        b.reduce(ReduceOp.SUM, weighed, 1, sum);
        return sum;
    }

    private static Tensor fresh(Workspace ws, long... dims) {
        return ws.allocate(DType.F32, dims);
    }

    record Case(Computation computation, long[]... shapes) {}

    static Map<String, Case> cases() {
        Map<String, Case> cases = new LinkedHashMap<>();
        elementwise(cases);
        reductions(cases);
        memory(cases);
        cases.put(
                "matmul of two parameters",
                new Case(
                        (b, ws, p) -> {
                            Tensor out = fresh(ws, 2, 3, 5);
                            b.matmul(p.get(0), p.get(1), 0.5f, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {2, 3, 4},
                        new long[] {2, 4, 5}));
        cases.put(
                "matmul with a shared transposed right side",
                new Case(
                        (b, ws, p) -> {
                            Tensor out = fresh(ws, 2, 3, 5);
                            b.matmul(p.get(0), p.get(1).reshape(1, 5, 4).transpose(1, 2), 1, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {2, 3, 4},
                        new long[] {5, 4}));
        cases.put(
                "layer norm and its parameters",
                new Case(
                        (b, ws, p) -> {
                            Tensor out = fresh(ws, 2, 3, 6);
                            b.layerNorm(p.get(0), p.get(1), p.get(2), 1e-5f, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {2, 3, 6},
                        new long[] {6},
                        new long[] {6}));
        cases.put(
                "plain layer norm, softmax, unit rows",
                new Case(
                        (b, ws, p) -> {
                            Tensor normed = fresh(ws, 3, 6);
                            b.layerNorm(p.get(0), 1e-5f, normed);
                            Tensor soft = fresh(ws, 3, 6);
                            b.softmax(normed, 0.7f, soft);
                            Tensor unit = fresh(ws, 3, 6);
                            b.l2Normalize(soft, 1e-6f, unit);
                            return weighedSum(b, ws, unit);
                        },
                        new long[] {3, 6}));
        cases.put(
                "attention of slices of one buffer",
                new Case(
                        (b, ws, p) -> {
                            Tensor joint = b.copy(ws, p.get(0), DType.F32);
                            Tensor out = fresh(ws, 2, 5, 4);
                            b.attention(
                                    joint.slice(-1, 0, 4), joint.slice(-1, 4, 8), joint.slice(-1, 8, 12), 2, 0.6f, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {2, 5, 12}));
        cases.put(
                "attention with trained queries only",
                new Case(
                        (b, ws, p) -> {
                            Tensor keys = input(b, ws, 3, 2, 7, 4);
                            Tensor out = fresh(ws, 2, 3, 4);
                            b.attention(p.get(0), keys, keys, 1, 0.5f, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {2, 3, 4}));
        cases.put(
                "attention whose keys are its values, with a bias",
                new Case(
                        (b, ws, p) -> {
                            Tensor out = fresh(ws, 1, 3, 4);
                            b.attention(p.get(0), p.get(1), p.get(1), 2, 0.5f, input(b, ws, 4, 1, 2, 3, 6), out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {1, 3, 4},
                        new long[] {1, 6, 4}));
        cases.put(
                "cross-modal attention",
                new Case(
                        (b, ws, p) -> {
                            Tensor out = fresh(ws, 2, 5, 4);
                            b.crossModalAttention(p.get(0), p.get(1), p.get(2), 0.5f, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {2, 5, 4},
                        new long[] {2, 3, 4},
                        new long[] {1}));
        return cases;
    }

    private static void elementwise(Map<String, Case> cases) {
        for (BinaryOp op : List.of(BinaryOp.ADD, BinaryOp.SUBTRACT, BinaryOp.MULTIPLY)) {
            cases.put(
                    "broadcast " + op,
                    new Case(
                            (b, ws, p) -> {
                                Tensor out = fresh(ws, 2, 3, 4);
                                b.binary(op, p.get(0), p.get(1), out);
                                return weighedSum(b, ws, out);
                            },
                            new long[] {2, 1, 4},
                            new long[] {3, 1}));
        }
        cases.put(
                "division",
                new Case(
                        (b, ws, p) -> {
                            Tensor positive = fresh(ws, 4);
                            b.binary(BinaryOp.MULTIPLY, p.get(1), p.get(1), positive);
                            b.affine(positive, 1, 2, positive);
                            Tensor out = fresh(ws, 3, 4);
                            b.binary(BinaryOp.DIVIDE, p.get(0), positive, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {3, 4},
                        new long[] {4}));
        for (UnaryOp op :
                List.of(UnaryOp.GELU, UnaryOp.QUICK_GELU, UnaryOp.SIGMOID, UnaryOp.TANH, UnaryOp.EXP, UnaryOp.NEGATE)) {
            cases.put(
                    "unary " + op,
                    new Case(
                            (b, ws, p) -> {
                                Tensor out = fresh(ws, 3, 4);
                                b.unary(op, p.get(0), out);
                                return weighedSum(b, ws, out);
                            },
                            new long[] {3, 4}));
        }
        cases.put(
                "in place: x = exp(x), x += y, x *= y, x = y - x",
                new Case(
                        (b, ws, p) -> {
                            Tensor x = b.copy(ws, p.get(0), DType.F32);
                            b.unary(UnaryOp.TANH, x, x);
                            b.binary(BinaryOp.ADD, x, p.get(1), x);
                            b.binary(BinaryOp.MULTIPLY, x, p.get(1), x);
                            b.binary(BinaryOp.SUBTRACT, p.get(1), x, x);
                            b.affine(x, 3, 1, x);
                            return weighedSum(b, ws, x);
                        },
                        new long[] {3, 4},
                        new long[] {3, 4}));
    }

    private static void reductions(Map<String, Case> cases) {
        for (ReduceOp op : List.of(ReduceOp.SUM, ReduceOp.MEAN, ReduceOp.MAX, ReduceOp.MIN)) {
            for (int axis : new int[] {0, 1, -1}) {
                cases.put(
                        "reduce %s along %d".formatted(op, axis),
                        new Case(
                                (b, ws, p) -> {
                                    Tensor out = ws.allocate(DType.F32, without(p.get(0), axis));
                                    b.reduce(op, p.get(0), axis, out);
                                    return weighedSum(b, ws, out);
                                },
                                new long[] {2, 3, 4}));
            }
        }
    }

    private static long[] without(Tensor x, int axis) {
        List<Long> dims = new ArrayList<>();
        for (int i = 0; i < x.shape().rank(); i++) {
            if (i != x.shape().axis(axis)) {
                dims.add(x.dim(i));
            }
        }
        return dims.stream().mapToLong(Long::longValue).toArray();
    }

    private static void memory(Map<String, Case> cases) {
        cases.put(
                "memory of a closed frame is used again",
                new Case(
                        (b, ws, p) -> {
                            Tensor sum = b.copy(ws, p.get(0), DType.F32);
                            for (int i = 0; i < 3; i++) {
                                try (Workspace.Frame _ = ws.frame()) {
                                    Tensor temporary = fresh(ws, 3, 4);
                                    b.binary(BinaryOp.MULTIPLY, sum, p.get(1), temporary);
                                    b.unary(UnaryOp.TANH, temporary, temporary);
                                    b.binary(BinaryOp.ADD, sum, temporary, sum);
                                }
                            }
                            return weighedSum(b, ws, sum);
                        },
                        new long[] {3, 4},
                        new long[] {3, 4}));
        cases.put(
                "rows written one by one, one of them twice",
                new Case(
                        (b, ws, p) -> {
                            Tensor joined = fresh(ws, 3, 4);
                            b.copy(p.get(1), joined.select(0, 0));
                            b.copy(p.get(0), joined.select(0, 0));
                            b.copy(p.get(1), joined.select(0, 1));
                            b.binary(BinaryOp.ADD, joined.select(0, 0), joined.select(0, 1), joined.select(0, 2));
                            return weighedSum(b, ws, joined);
                        },
                        new long[] {4},
                        new long[] {4}));
        cases.put(
                "an active buffer becomes a constant and active again",
                new Case(
                        (b, ws, p) -> {
                            Tensor buffer = b.copy(ws, p.get(0), DType.F32);
                            Tensor first = fresh(ws, 4);
                            b.unary(UnaryOp.TANH, buffer, first);
                            b.copy(input(b, ws, 5, 4), buffer);
                            b.binary(BinaryOp.MULTIPLY, first, buffer, first);
                            b.copy(input(b, ws, 6, 2), buffer.slice(0, 1, 3));
                            b.binary(BinaryOp.MULTIPLY, first, buffer, buffer);
                            return weighedSum(b, ws, buffer);
                        },
                        new long[] {4}));
        cases.put(
                "a repeated view",
                new Case(
                        (b, ws, p) -> {
                            Tensor out = b.copy(ws, p.get(0).reshape(1, 4).broadcast(3, 4), DType.F32);
                            b.unary(UnaryOp.TANH, out, out);
                            return weighedSum(b, ws, out);
                        },
                        new long[] {4}));
    }
}
