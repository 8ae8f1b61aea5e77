package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/**
 * The argument checks of every op of {@link dev.earshot.tensor.Backend}, shared by all backends so that a caller's mistake
 * reads the same everywhere. A backend calls these first and may then rely on shapes, types and strides.
 */
public final class OpChecks {
    static final DType[] REAL = {DType.F32, DType.BF16};
    private static final DType[] ANY_FLOAT = {DType.F32, DType.BF16, DType.F16};

    private OpChecks() {}

    public static void upload(HostTensor source, Tensor out) {
        shape("upload out", out, source.shape());
        boolean same = source.dtype() == out.dtype();
        argument(
                same || (source.dtype().isFloat() && out.dtype().isFloat()),
                "upload out",
                "expected a float type or that of the source (%s), got %s",
                source.dtype(),
                out);
    }

    public static void download(Tensor x, int length) {
        dtype("download x", x, ANY_FLOAT);
        argument(
                x.shape().elements() == length,
                "download out",
                "expected %d elements for %s, got %d",
                x.shape().elements(),
                x,
                length);
    }

    public static void downloadIntegers(Tensor x) {
        dtype("downloadIntegers x", x, DType.I32, DType.I64, DType.U8);
    }

    public static void linear(Tensor x, Linear layer, Tensor out) {
        atLeastRank("linear x", x, 1);
        dtype("linear x", x, layer.computeType());
        argument(x.dim(-1) == layer.inputWidth(), "linear x", "expected [..., %d], got %s", layer.inputWidth(), x);
        shape("linear out", out, x.shape().with(-1, layer.outputWidth()));
        dtype("linear out", out, REAL);
        dense("linear x", x);
        dense("linear out", out);
        distinct("linear out", x, out);
    }

    public static void linear(Tensor x, Linear layer, Tensor residual, Tensor out) {
        linear(x, layer, out);
        dtype("linear residual", residual, DType.F32);
        shape("linear residual", residual, out.shape());
        dense("linear residual", residual);
        dtype("linear out", out, DType.F32);
    }

    public static void matmul(Tensor a, Tensor b, Tensor out) {
        atLeastRank("matmul a", a, 2);
        rank("matmul b", b, a.shape().rank());
        dtype("matmul a", a, REAL);
        dtype("matmul b", b, a.dtype());
        dtype("matmul out", out, a.dtype() == DType.F32 ? new DType[] {DType.F32} : REAL);
        Shape result = a.shape().with(-1, b.dim(-1));
        argument(a.dim(-1) == b.dim(-2), "matmul b", "expected [..., %d, N] for a %s, got %s", a.dim(-1), a.shape(), b);
        for (int axis = 0; axis < a.shape().rank() - 2; axis++) {
            argument(
                    b.dim(axis) == a.dim(axis) || b.dim(axis) == 1,
                    "matmul b",
                    "expected leading sizes equal to those of a %s or 1, got %s",
                    a.shape(),
                    b);
        }
        shape("matmul out", out, result);
        dense("matmul a", a);
        dense("matmul out", out);
        distinct("matmul out", a, out);
        distinct("matmul out", b, out);
    }

    public static void layerNorm(Tensor x, Tensor out) {
        rowWise("layerNorm", x, out);
        distinct("layerNorm out", x, out);
    }

    public static void layerNorm(Tensor x, Tensor gamma, Tensor beta, Tensor out) {
        layerNorm(x, out);
        channelVector("layerNorm gamma", gamma, x.dim(-1));
        channelVector("layerNorm beta", beta, x.dim(-1));
    }

    public static void softmax(Tensor x, Tensor out) {
        rowWise("softmax", x, out);
        distinct("softmax out", x, out);
    }

    public static void l2Normalize(Tensor x, Tensor out) {
        rowWise("l2Normalize", x, out);
        distinct("l2Normalize out", x, out);
    }

    public static void attention(Tensor q, Tensor k, Tensor v, int heads, Tensor out) {
        attentionOperands("attention", q, k, v, heads);
        shape("attention out", out, q.dim(0), q.dim(1), v.dim(2));
        dtype("attention out", out, REAL);
        dense("attention out", out);
        distinct("attention out", q, out);
        distinct("attention out", k, out);
        distinct("attention out", v, out);
    }

    static void attentionOperands(String op, Tensor q, Tensor k, Tensor v, int heads) {
        queriesAndKeys(op, q, k, heads);
        tokens(op + " v", v, heads);
        dtype(op + " v", v, q.dtype());
        argument(
                v.dim(0) == q.dim(0) && v.dim(1) == k.dim(1),
                op + " v",
                "expected [%d, %d, heads * hdv], got %s",
                q.dim(0),
                k.dim(1),
                v);
    }

    public static void attention(Tensor q, Tensor k, Tensor v, int heads, Tensor bias, Tensor out) {
        attention(q, k, v, heads, out);
        attentionBias("attention bias", q, k, heads, bias);
    }

    static void attentionBias(String what, Tensor q, Tensor k, int heads, Tensor bias) {
        rank(what, bias, 4);
        dtype(what, bias, DType.F32);
        argument(
                oneOr(bias.dim(0), q.dim(0))
                        && oneOr(bias.dim(1), heads)
                        && oneOr(bias.dim(2), q.dim(1))
                        && bias.dim(3) == k.dim(1),
                what,
                "expected [%d or 1, %d or 1, %d or 1, %d], got %s",
                q.dim(0),
                heads,
                q.dim(1),
                k.dim(1),
                bias);
        dense(what, bias);
    }

    public static void attentionWeights(Tensor q, Tensor k, int heads, Tensor out) {
        queriesAndKeys("attentionWeights", q, k, heads);
        shape("attentionWeights out", out, q.dim(0), heads, q.dim(1), k.dim(1));
        dtype("attentionWeights out", out, DType.F32);
        dense("attentionWeights out", out);
    }

    private static void queriesAndKeys(String op, Tensor q, Tensor k, int heads) {
        argument(heads >= 1, op + " heads", "expected >= 1, got %d", heads);
        tokens(op + " q", q, heads);
        tokens(op + " k", k, heads);
        dtype(op + " q", q, REAL);
        dtype(op + " k", k, q.dtype());
        argument(
                k.dim(0) == q.dim(0) && k.dim(2) == q.dim(2),
                op + " k",
                "expected [%d, Nk, %d] for q %s, got %s",
                q.dim(0),
                q.dim(2),
                q.shape(),
                k);
        argument(
                k.dim(1) > 0 || q.shape().elements() == 0,
                op + " k",
                "expected at least one key for q %s, got %s",
                q.shape(),
                k);
    }

    private static void tokens(String what, Tensor x, int heads) {
        rank(what, x, 3);
        argument(x.dim(2) % heads == 0, what, "expected a width that is a multiple of %d heads, got %s", heads, x);
        dense(what, x);
    }

    private static boolean oneOr(long size, long expected) {
        return size == 1 || size == expected;
    }

    /** For unary and affine; {@code op} is the op's name. */
    public static void elementwise(String op, Tensor x, Tensor out) {
        dtype(op + " x", x, REAL);
        dtype(op + " out", out, REAL);
        shape(op + " out", out, x.shape());
    }

    public static void binary(Tensor a, Tensor b, Tensor out) {
        dtype("binary a", a, REAL);
        dtype("binary b", b, REAL);
        dtype("binary out", out, REAL);
        broadcasts("binary a", a, out);
        broadcasts("binary b", b, out);
    }

    public static void copy(Tensor x, Tensor out) {
        broadcasts("copy x", x, out);
    }

    private static void broadcasts(String what, Tensor x, Tensor out) {
        int added = out.shape().rank() - x.shape().rank();
        boolean fits = added >= 0;
        for (int axis = 0; fits && axis < x.shape().rank(); axis++) {
            fits = oneOr(x.dim(axis), out.dim(axis + added));
        }
        argument(fits, what, "expected a shape that broadcasts to out %s, got %s", out.shape(), x);
    }

    public static void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        dtype("reduce x", x, REAL);
        dtype("reduce out", out, REAL);
        argument(
                axis >= -x.shape().rank() && axis < x.shape().rank(),
                "reduce axis",
                "expected an axis of %s, got %d",
                x,
                axis);
        shape("reduce out", out, without(x.shape(), x.shape().axis(axis)));
        argument(
                op == ReduceOp.SUM || x.dim(axis) > 0 || out.shape().elements() == 0,
                "reduce x",
                "expected a non-empty axis %d for %s, got %s",
                axis,
                op,
                x);
        dense("reduce x", x);
        dense("reduce out", out);
        distinct("reduce out", x, out);
    }

    public static void argmax(Tensor x, Tensor out) {
        atLeastRank("argmax x", x, 1);
        dtype("argmax x", x, REAL);
        dtype("argmax out", out, DType.I32);
        shape("argmax out", out, without(x.shape(), x.shape().rank() - 1));
        argument(x.dim(-1) > 0 || out.shape().elements() == 0, "argmax x", "expected non-empty rows, got %s", x);
        dense("argmax x", x);
    }

    /** {@code shape} with one axis removed. */
    public static Shape without(Shape shape, int axis) {
        long[] dims = new long[shape.rank() - 1];
        for (int i = 0, j = 0; i < shape.rank(); i++) {
            if (i != axis) {
                dims[j++] = shape.dim(i);
            }
        }
        return Shape.of(dims);
    }

    private static void rowWise(String op, Tensor x, Tensor out) {
        atLeastRank(op + " x", x, 1);
        dtype(op + " x", x, REAL);
        dtype(op + " out", out, REAL);
        shape(op + " out", out, x.shape());
        dense(op + " x", x);
        dense(op + " out", out);
    }

    private static void channelVector(String what, Tensor x, long width) {
        shape(what, x, width);
        dtype(what, x, DType.F32);
        dense(what, x);
    }

    private static void atLeastRank(String what, Tensor x, int rank) {
        argument(x.shape().rank() >= rank, what, "expected rank >= %d, got %s", rank, x);
    }

    static void dense(String what, Tensor x) {
        if (x.shape().rank() > 0 && x.dim(-1) > 1) {
            argument(x.stride(-1) == 1, what, "expected an innermost stride of 1, got %s; copy it first", x);
        }
    }

    static void contiguous(String what, Tensor x) {
        argument(x.isContiguous(), what, "expected a contiguous tensor, got %s; copy it first", x);
    }

    static void distinct(String what, Tensor x, Tensor out) {
        boolean same = x.storage() == out.storage() && x.offset() == out.offset();
        argument(!same || x.shape().elements() == 0, what, "expected memory of its own, got that of input %s", x);
    }
}
