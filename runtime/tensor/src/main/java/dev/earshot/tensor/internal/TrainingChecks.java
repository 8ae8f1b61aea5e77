package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.AdamStep;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/**
 * The argument checks of every op of {@link dev.earshot.tensor.TrainingOps}, and of the forward ops that exist for
 * adapters, shared by all backends; the twin of {@link OpChecks}.
 */
public final class TrainingChecks {
    private static final DType[] REAL = {DType.F32, DType.BF16};

    private TrainingChecks() {}

    public static void fill(Tensor out) {
        dtype("fill out", out, REAL);
    }

    public static void accumulate(Tensor x, Tensor out) {
        dtype("accumulate x", x, REAL);
        dtype("accumulate out", out, DType.F32);
        broadcasts("accumulate x", x, out.shape());
        distinct("accumulate out", x, out);
    }

    public static void accumulateProduct(Tensor a, Tensor b, Tensor out) {
        dtype("accumulateProduct a", a, REAL);
        dtype("accumulateProduct b", b, REAL);
        dtype("accumulateProduct out", out, DType.F32);
        broadcasts("accumulateProduct b", b, a.shape());
        broadcasts("accumulateProduct out", out, union(a.shape(), b.shape()));
        distinct("accumulateProduct out", a, out);
        distinct("accumulateProduct out", b, out);
    }

    /** The sizes of the loops over tensors of both shapes: along each axis the size that is not 1. */
    public static Shape union(Shape a, Shape b) {
        long[] dims = new long[Math.max(a.rank(), b.rank())];
        for (int i = 1; i <= dims.length; i++) {
            long first = i <= a.rank() ? a.dim(-i) : 1;
            dims[dims.length - i] = first == 1 && i <= b.rank() ? b.dim(-i) : first;
        }
        return Shape.of(dims);
    }

    private static void broadcasts(String what, Tensor x, Shape other) {
        boolean fits = true;
        for (int i = 1; i <= Math.min(x.shape().rank(), other.rank()); i++) {
            fits &= x.dim(-i) == other.dim(-i) || x.dim(-i) == 1 || other.dim(-i) == 1;
        }
        argument(fits, what, "expected along each axis the size of %s, or 1 in one of them, got %s", other, x);
    }

    public static void accumulateMatmul(Tensor a, Tensor b, Tensor out) {
        int rank = a.shape().rank();
        argument(rank >= 2, "accumulateMatmul a", "expected rank >= 2, got %s", a);
        rank("accumulateMatmul b", b, rank);
        rank("accumulateMatmul out", out, rank);
        dtype("accumulateMatmul a", a, REAL);
        dtype("accumulateMatmul b", b, REAL);
        dtype("accumulateMatmul out", out, DType.F32);
        argument(
                a.dim(-1) == b.dim(-2),
                "accumulateMatmul b",
                "expected [..., %d, N] for a %s, got %s",
                a.dim(-1),
                a.shape(),
                b);
        argument(
                out.dim(-2) == a.dim(-2) && out.dim(-1) == b.dim(-1),
                "accumulateMatmul out",
                "expected [..., %d, %d], got %s",
                a.dim(-2),
                b.dim(-1),
                out);
        for (int axis = 0; axis < rank - 2; axis++) {
            leading("accumulateMatmul b", a, b, axis);
            leading("accumulateMatmul out", a, out, axis);
        }
        distinct("accumulateMatmul out", a, out);
        distinct("accumulateMatmul out", b, out);
    }

    private static void leading(String what, Tensor a, Tensor x, int axis) {
        argument(
                x.dim(axis) == a.dim(axis) || x.dim(axis) == 1,
                what,
                "expected leading sizes equal to those of a %s or 1, got %s",
                a.shape(),
                x);
    }

    public static void linearBackward(Tensor gradOut, Linear layer, Tensor gradX) {
        gradient("linearBackward gradOut", gradOut, gradOut.shape());
        argument(
                gradOut.shape().rank() >= 1 && gradOut.dim(-1) == layer.outputWidth(),
                "linearBackward gradOut",
                "expected [..., %d], got %s",
                layer.outputWidth(),
                gradOut);
        gradient("linearBackward gradX", gradX, gradOut.shape().with(-1, layer.inputWidth()));
        distinct("linearBackward gradX", gradOut, gradX);
    }

    public static void layerNormBackward(Tensor x, Tensor gradOut, Tensor gradX) {
        rowWise("layerNormBackward", x, gradOut, gradX);
    }

    public static void layerNormBackward(Tensor x, Tensor gamma, Tensor gradOut, Tensor gradX) {
        rowWise("layerNormBackward", x, gradOut, gradX);
        gradient("layerNormBackward gamma", gamma, Shape.of(x.dim(-1)));
    }

    public static void layerNormParametersBackward(Tensor x, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        input("layerNormParametersBackward x", x);
        gradient("layerNormParametersBackward gradOut", gradOut, x.shape());
        gradient("layerNormParametersBackward gradGamma", gradGamma, Shape.of(x.dim(-1)));
        gradient("layerNormParametersBackward gradBeta", gradBeta, Shape.of(x.dim(-1)));
    }

    public static void softmaxBackward(Tensor y, Tensor gradOut, Tensor gradX) {
        rowWise("softmaxBackward", y, gradOut, gradX);
    }

    public static void l2NormalizeBackward(Tensor x, Tensor gradOut, Tensor gradX) {
        rowWise("l2NormalizeBackward", x, gradOut, gradX);
    }

    private static void rowWise(String op, Tensor x, Tensor gradOut, Tensor gradX) {
        input(op + " x", x);
        gradient(op + " gradOut", gradOut, x.shape());
        gradient(op + " gradX", gradX, x.shape());
        distinct(op + " gradX", gradOut, gradX);
        distinct(op + " gradX", x, gradX);
    }

    private static void input(String what, Tensor x) {
        argument(x.shape().rank() >= 1, what, "expected rank >= 1, got %s", x);
        dtype(what, x, REAL);
        OpChecks.dense(what, x);
    }

    /** An F32 tensor of this shape with dense rows. */
    private static void gradient(String what, Tensor x, Shape expected) {
        shape(what, x, expected);
        dtype(what, x, DType.F32);
        OpChecks.dense(what, x);
    }

    public static void attentionBackward(Tensor q, Tensor k, Tensor v, int heads, Tensor gradOut, Tensor gradQ) {
        OpChecks.attentionOperands("attentionBackward", q, k, v, heads);
        gradient("attentionBackward gradOut", gradOut, Shape.of(q.dim(0), q.dim(1), v.dim(2)));
        gradient("attentionBackward gradQ", gradQ, q.shape());
        for (Tensor input : new Tensor[] {q, k, v, gradOut}) {
            distinct("attentionBackward gradQ", input, gradQ);
        }
    }

    public static void attentionBackward(
            Tensor q, Tensor k, Tensor v, int heads, Tensor gradOut, Tensor gradQ, Tensor gradK, Tensor gradV) {
        attentionBackward(q, k, v, heads, gradOut, gradQ);
        gradient("attentionBackward gradK", gradK, k.shape());
        gradient("attentionBackward gradV", gradV, v.shape());
        for (Tensor input : new Tensor[] {q, k, v, gradOut}) {
            distinct("attentionBackward gradK", input, gradK);
            distinct("attentionBackward gradV", input, gradV);
        }
    }

    /** For the additive term of an attention whose other arguments were checked. */
    public static void attentionBackwardBias(Tensor q, Tensor k, int heads, Tensor bias) {
        OpChecks.attentionBias("attentionBackward bias", q, k, heads, bias);
    }

    public static void crossModalAttention(Tensor u, Tensor t, Tensor gate, Tensor out) {
        fusion("crossModalAttention", u, t, gate);
        gradient("crossModalAttention out", out, u.shape());
        distinct("crossModalAttention out", u, out);
        distinct("crossModalAttention out", t, out);
    }

    public static void crossModalAttentionBackward(
            Tensor u, Tensor t, Tensor gate, Tensor gradOut, Tensor gradU, Tensor gradT, Tensor gradGate) {
        String op = "crossModalAttentionBackward";
        fusion(op, u, t, gate);
        gradient(op + " gradOut", gradOut, u.shape());
        gradient(op + " gradU", gradU, u.shape());
        gradient(op + " gradT", gradT, t.shape());
        gradient(op + " gradGate", gradGate, Shape.of(1));
        for (Tensor input : new Tensor[] {u, t, gradOut}) {
            distinct(op + " gradU", input, gradU);
            distinct(op + " gradT", input, gradT);
        }
        distinct(op + " gradGate", gate, gradGate);
    }

    private static void fusion(String op, Tensor u, Tensor t, Tensor gate) {
        rank(op + " u", u, 3);
        rank(op + " t", t, 3);
        gradient(op + " u", u, u.shape());
        gradient(op + " t", t, t.shape());
        gradient(op + " gate", gate, Shape.of(1));
        argument(
                t.dim(0) == u.dim(0)
                        && t.dim(2) == u.dim(2)
                        && (t.dim(1) > 0 || u.shape().elements() == 0),
                op + " t",
                "expected [%d, m > 0, %d], got %s",
                u.dim(0),
                u.dim(2),
                t);
    }

    public static void unaryBackward(Tensor x, Tensor gradOut, Tensor gradX) {
        dtype("unaryBackward x", x, REAL);
        shape("unaryBackward gradOut", gradOut, x.shape());
        dtype("unaryBackward gradOut", gradOut, DType.F32);
        shape("unaryBackward gradX", gradX, x.shape());
        dtype("unaryBackward gradX", gradX, DType.F32);
        distinct("unaryBackward gradX", x, gradX);
        distinct("unaryBackward gradX", gradOut, gradX);
    }

    public static void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        argument(
                op != ReduceOp.SUM && op != ReduceOp.MEAN,
                "reduceBackward op",
                "expected MAX, MIN or LOG_SUM_EXP, got %s; accumulate does it",
                op);
        input("reduceBackward x", x);
        int rank = x.shape().rank();
        argument(axis >= -rank && axis < rank, "reduceBackward axis", "expected an axis of %s, got %d", x, axis);
        shape(
                "reduceBackward gradOut",
                gradOut,
                OpChecks.without(x.shape(), x.shape().axis(axis)));
        dtype("reduceBackward gradOut", gradOut, DType.F32);
        OpChecks.dense("reduceBackward gradOut", gradOut);
        gradient("reduceBackward gradX", gradX, x.shape());
        distinct("reduceBackward gradX", x, gradX);
        distinct("reduceBackward gradX", gradOut, gradX);
    }

    public static void adam(
            Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        dtype("adam parameter", parameter, DType.F32);
        same("adam gradient", gradient, parameter);
        same("adam firstMoment", firstMoment, parameter);
        same("adam secondMoment", secondMoment, parameter);
        gradient("adam scalars", scalars, Shape.of(AdamStep.SCALARS));
    }

    private static void same(String what, Tensor x, Tensor parameter) {
        shape(what, x, parameter.shape());
        dtype(what, x, DType.F32);
        distinct(what, parameter, x);
    }

    private static void distinct(String what, Tensor x, Tensor out) {
        OpChecks.distinct(what, x, out);
    }
}
