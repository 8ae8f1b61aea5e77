package dev.earshot.tensor.autograd;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.TrainingOps;
import dev.earshot.tensor.UnaryOp;

/** Elementwise ops, copies and reductions on a tape: each runs the op and says how to go back. */
final class ElementwiseOps {
    private final Recording r;
    private final Backend b;
    private final TrainingOps t;

    ElementwiseOps(Recording recording, Backend backend) {
        this.r = recording;
        this.b = backend;
        this.t = backend.training();
    }

    void unary(UnaryOp op, Tensor x, Tensor out) {
        r.through(x, out, () -> b.unary(op, x, out), kept -> g -> t.unaryBackward(op, kept, g, r.grad(x)));
    }

    void binary(BinaryOp op, Tensor x, Tensor y, Tensor out) {
        boolean first = r.isActive(x);
        boolean second = r.isActive(y);
        if (!first && !second) {
            b.binary(op, x, y, out);
            r.constant(out);
            return;
        }
        switch (op) {
            case ADD, SUBTRACT -> sum(op, x, y, out);
            case MULTIPLY -> product(x, y, out);
            case DIVIDE -> quotient(x, y, out);
            case MIN, MAX ->
                throw new IllegalStateException(
                        "binary %s on a tape: expected frozen inputs; use reduce %s for a selection".formatted(op, op));
        }
    }

    private void sum(BinaryOp op, Tensor x, Tensor y, Tensor out) {
        boolean first = r.isActive(x);
        boolean second = r.isActive(y);
        float sign = op == BinaryOp.ADD ? 1 : -1;
        boolean same = Recording.sameView(x, out) && first;
        b.binary(op, x, y, out);
        boolean inPlace = x.storage() == out.storage() || y.storage() == out.storage();
        boolean yApart = y.storage() != out.storage();
        r.record(new Recording.Node(out, inPlace, same && yApart, g -> {
            if (second) {
                t.accumulate(g, sign, r.grad(y));
            }
            if (first && !(same && yApart)) {
                t.accumulate(g, 1, r.grad(x));
            }
        }));
    }

    private void product(Tensor x, Tensor y, Tensor out) {
        boolean first = r.isActive(x);
        boolean second = r.isActive(y);
        Tensor keptX = second ? r.save(x) : x;
        Tensor keptY = first ? r.save(y) : y;
        b.binary(BinaryOp.MULTIPLY, x, y, out);
        r.record(
                out,
                g -> {
                    if (first) {
                        t.accumulateProduct(g, keptY, r.grad(x));
                    }
                    if (second) {
                        t.accumulateProduct(g, keptX, r.grad(y));
                    }
                },
                x,
                y);
    }

    private void quotient(Tensor x, Tensor y, Tensor out) {
        boolean first = r.isActive(x);
        boolean second = r.isActive(y);
        Tensor keptX = second ? r.save(x) : x;
        Tensor keptY = r.save(y);
        b.binary(BinaryOp.DIVIDE, x, y, out);
        r.record(
                out,
                g -> {
                    Tensor share = r.temporary(g.shape()); // g / y
                    b.binary(BinaryOp.DIVIDE, g, keptY, share);
                    if (first) {
                        t.accumulate(share, 1, r.grad(x));
                    }
                    if (second) {
                        b.binary(BinaryOp.DIVIDE, share, keptY, share);
                        b.affine(share, -1, 0, share);
                        t.accumulateProduct(share, keptX, r.grad(y));
                    }
                },
                x,
                y);
    }

    void affine(Tensor x, float alpha, float beta, Tensor out) {
        boolean needed = r.isActive(x);
        b.affine(x, alpha, beta, out);
        if (needed) {
            r.record(out, g -> t.accumulate(g, alpha, r.grad(x)), x);
        } else {
            r.constant(out);
        }
    }

    void copy(Tensor x, Tensor out) {
        boolean needed = r.isActive(x) && out.dtype().isFloat();
        b.copy(x, out);
        if (needed) {
            r.record(out, g -> t.accumulate(g, 1, r.grad(x)), x);
        } else {
            r.constant(out);
        }
    }

    void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        int index = x.shape().axis(axis);
        switch (op) {
            case SUM, MEAN -> {
                boolean needed = r.isActive(x);
                b.reduce(op, x, axis, out);
                if (!needed) {
                    r.constant(out);
                    return;
                }
                float share = op == ReduceOp.MEAN ? 1f / x.dim(index) : 1;
                r.record(out, g -> t.accumulate(dense(g).reshape(with1(x, index)), share, r.grad(x)));
            }
            default ->
                r.through(
                        x,
                        out,
                        () -> b.reduce(op, x, index, out),
                        kept -> g -> t.reduceBackward(op, kept, index, g, r.grad(x)));
        }
    }

    private Tensor dense(Tensor x) {
        return x.isContiguous() ? x : r.denseCopy(x);
    }

    private static long[] with1(Tensor x, int axis) {
        return x.shape().with(axis, 1).toArray();
    }

    void l2Normalize(Tensor x, float eps, Tensor out) {
        r.through(
                x, out, () -> b.l2Normalize(x, eps, out), kept -> g -> t.l2NormalizeBackward(kept, eps, g, r.grad(x)));
    }
}
