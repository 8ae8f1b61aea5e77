package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.precision;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of unary, binary, affine and copy. */
final class ElementwiseCases {
    private ElementwiseCases() {}

    static void addTo(Consumer<OpCase> rows) {
        unaries(rows);
        binaries(rows);
        affines(rows);
        copies(rows);
    }

    private static void unaries(Consumer<OpCase> rows) {
        for (UnaryOp op : UnaryOp.values()) {
            rows.accept(unary(Scale.SMALL, op, F32, F32, Layout.DENSE, false, 2, 3, 17));
            rows.accept(unary(Scale.SMALL, op, BF16, BF16, Layout.DENSE, false, 5, 65));
            rows.accept(unary(Scale.SMALL, op, F32, BF16, Layout.TRANSPOSED, false, 13, 7));
            rows.accept(unary(Scale.SMALL, op, F32, F32, Layout.DENSE, true, 1023));
        }
        rows.accept(unary(Scale.SMALL, UnaryOp.GELU, F32, F32, Layout.SPREAD, false, 2, 3, 31));
        rows.accept(unary(Scale.SMALL, UnaryOp.RELU, F32, F32, Layout.COLUMNS, false, 2, 15));
        rows.accept(unary(Scale.SMALL, UnaryOp.TANH, F32, F32, Layout.DENSE, false));
        rows.accept(unary(Scale.SMALL, UnaryOp.TANH, F32, F32, Layout.DENSE, false, 4, 0, 3));
        rows.accept(unary(Scale.MODEL, UnaryOp.GELU, F32, F32, Layout.DENSE, false, 197, 3072));
    }

    private static OpCase unary(
            Scale scale, UnaryOp op, DType from, DType to, Layout layout, boolean inPlace, long... shape) {
        String name = "unary %s %s %s-%s%s%s"
                .formatted(lower(op), sizes(shape), lower(from), lower(to), inPlace ? " inplace" : "", layout.suffix());
        double bytes = elements(shape) * (from.bytes() + to.bytes());
        boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT;
        return new OpCase(name, "unary", precision(from, to), OpCase.TOLERANCE, scale, elements(shape), bytes, s -> {
            if (inPlace) {
                Tensor y = s.inOut(to, layout, g -> positive ? Math.abs(g) + 0.01 : 2 * g, shape);
                return () -> s.backend().unary(op, y, y);
            }
            Tensor x = s.input(from, layout, g -> positive ? Math.abs(g) + 0.01 : 2 * g, shape);
            Tensor y = s.output(to, layout, shape);
            return () -> s.backend().unary(op, x, y);
        });
    }

    private static void binaries(Consumer<OpCase> rows) {
        for (BinaryOp op : BinaryOp.values()) {
            rows.accept(binary(op, F32, F32, Layout.DENSE, new long[] {2, 3, 17}, new long[] {2, 3, 17}));
            rows.accept(binary(op, F32, F32, Layout.TRANSPOSED, new long[] {5, 3, 17}, new long[] {3, 1}));
            rows.accept(binary(op, BF16, BF16, Layout.DENSE, new long[] {7, 65}, new long[] {65}));
        }
        rows.accept(binary(BinaryOp.ADD, F32, BF16, Layout.COLUMNS, new long[] {7, 31}, new long[] {7, 31}));
        rows.accept(binary(BinaryOp.ADD, F32, F32, Layout.DENSE, new long[] {197, 768}, new long[] {1, 197, 768}));
        rows.accept(binary(BinaryOp.ADD, F32, F32, Layout.DENSE, new long[] {1, 1, 9}, new long[] {4, 5, 1}));
        rows.accept(binary(BinaryOp.MULTIPLY, F32, F32, Layout.SPREAD, new long[] {3, 11}, new long[] {}));
        rows.accept(binary(BinaryOp.MAX, F32, F32, Layout.DENSE, new long[] {0, 3}, new long[] {3}));
        long[] tokens = {24, 257, 1280};
        rows.accept(binary(Scale.BENCH, BinaryOp.ADD, F32, F32, Layout.DENSE, tokens, tokens));
        rows.accept(binary(Scale.BENCH, BinaryOp.ADD, F32, F32, Layout.DENSE, tokens, new long[] {1280}));
        rows.accept(inPlaceAdd(new long[] {3, 5, 33}, new long[] {5, 33}));
    }

    private static OpCase binary(BinaryOp op, DType from, DType to, Layout layout, long[] a, long[] b) {
        return binary(Scale.SMALL, op, from, to, layout, a, b);
    }

    /** The result has the sizes of the wider operand in every axis. */
    private static OpCase binary(Scale scale, BinaryOp op, DType from, DType to, Layout layout, long[] a, long[] b) {
        long[] y = broadcast(a, b);
        String name = "binary %s %s.%s %s-%s%s"
                .formatted(lower(op), sizes(a), sizes(b), lower(from), lower(to), layout.suffix());
        double bytes = (elements(a) + elements(b)) * from.bytes() + elements(y) * to.bytes();
        return new OpCase(name, "binary", precision(from, to), OpCase.TOLERANCE, scale, elements(y), bytes, s -> {
            Tensor left = s.input(from, layout, g -> g, a);
            Tensor right = s.input(from, Layout.DENSE, g -> Math.copySign(Math.abs(g) + 0.1, g), b);
            Tensor out = s.output(to, layout, y);
            return () -> s.backend().binary(op, left, right, out);
        });
    }

    private static OpCase inPlaceAdd(long[] a, long[] b) {
        String name = "binary add %s.%s inplace".formatted(sizes(a), sizes(b));
        double bytes = 4 * (2 * elements(a) + elements(b));
        return new OpCase(name, "binary", F32, OpCase.TOLERANCE, Scale.SMALL, elements(a), bytes, s -> {
            Tensor right = s.input(F32, b);
            Tensor y = s.inOut(F32, Layout.DENSE, g -> g, a);
            return () -> s.backend().binary(BinaryOp.ADD, y, right, y);
        });
    }

    private static long[] broadcast(long[] a, long[] b) {
        long[] y = new long[Math.max(a.length, b.length)];
        for (int i = 1; i <= y.length; i++) {
            long first = i <= a.length ? a[a.length - i] : 1;
            long second = i <= b.length ? b[b.length - i] : 1;
            y[y.length - i] = first == 1 ? second : first;
        }
        return y;
    }

    private static void affines(Consumer<OpCase> rows) {
        rows.accept(affine(F32, F32, Layout.DENSE, 2, 3, 17));
        rows.accept(affine(F32, F32, Layout.TRANSPOSED, 13, 5));
        rows.accept(affine(BF16, BF16, Layout.DENSE, 129));
        rows.accept(affine(F32, BF16, Layout.COLUMNS, 3, 15));
        rows.accept(affine(F32, F32, Layout.SPREAD, 3, 16));
        rows.accept(affine(F32, F32, Layout.DENSE, 0));
    }

    private static OpCase affine(DType from, DType to, Layout layout, long... shape) {
        String name = "affine %s %s-%s%s".formatted(sizes(shape), lower(from), lower(to), layout.suffix());
        double bytes = elements(shape) * (from.bytes() + to.bytes());
        return new OpCase(
                name, "affine", precision(from, to), OpCase.TOLERANCE, Scale.SMALL, 2 * elements(shape), bytes, s -> {
                    Tensor x = s.input(from, layout, g -> g, shape);
                    Tensor y = s.output(to, layout, shape);
                    return () -> s.backend().affine(x, 1.5f, -0.25f, y);
                });
    }

    private static void copies(Consumer<OpCase> rows) {
        for (Layout layout : Layout.values()) {
            rows.accept(copy(F32, F32, layout, Layout.DENSE, new long[] {3, 5, 7}, 3, 5, 7));
            rows.accept(copy(F32, F32, Layout.DENSE, layout, new long[] {2, 5, 9}, 2, 5, 9));
            rows.accept(copy(BF16, F32, layout, Layout.DENSE, new long[] {2, 65}, 2, 65));
        }
        for (DType from : new DType[] {F32, BF16, F16}) {
            for (DType to : new DType[] {F32, BF16, F16}) {
                rows.accept(copy(from, to, Layout.DENSE, Layout.DENSE, new long[] {4, 33}, 4, 33));
            }
        }
        rows.accept(copy(F32, F32, Layout.DENSE, Layout.DENSE, new long[] {1, 5}, 3, 4, 5));
        rows.accept(copy(F32, F32, Layout.DENSE, Layout.DENSE, new long[] {3, 0}, 3, 0));
        rows.accept(copy(F32, BF16, Layout.DENSE, Layout.DENSE, new long[] {197, 768}, 197, 768));
        long[] tokens = {24, 257, 1280};
        rows.accept(copy(Scale.BENCH, F32, BF16, Layout.DENSE, Layout.DENSE, tokens, tokens));
        rows.accept(copy(Scale.BENCH, F32, F32, Layout.TRANSPOSED, Layout.DENSE, tokens, tokens));
        for (DType from : new DType[] {DType.I32, DType.I64, DType.U8}) {
            for (DType to : new DType[] {DType.I32, DType.I64, DType.U8, F32}) {
                rows.accept(integerCopy(from, to));
            }
        }
        rows.accept(truncation());
    }

    private static OpCase copy(DType from, DType to, Layout source, Layout target, long[] x, long... y) {
        return copy(Scale.SMALL, from, to, source, target, x, y);
    }

    private static OpCase copy(Scale scale, DType from, DType to, Layout source, Layout target, long[] x, long... y) {
        String name = "copy %s-%s %s-%s%s%s"
                .formatted(
                        sizes(x),
                        sizes(y),
                        lower(from),
                        lower(to),
                        source.suffix(),
                        target == Layout.DENSE ? "" : " to" + target.suffix());
        double bytes = elements(x) * from.bytes() + elements(y) * to.bytes();
        return new OpCase(name, "copy", precision(from, to), OpCase.TOLERANCE, scale, 0, bytes, s -> {
            Tensor input = s.input(from, source, g -> g, x);
            Tensor out = s.output(to, target, y);
            return () -> s.backend().copy(input, out);
        });
    }

    /** Values that every integer type holds, so that the row checks the conversion and not the clamping. */
    private static OpCase integerCopy(DType from, DType to) {
        String name = "copy 3x17 %s-%s".formatted(lower(from), lower(to));
        double bytes = 51.0 * (from.bytes() + to.bytes());
        return new OpCase(name, "copy", F32, 0, Scale.SMALL, 0, bytes, s -> {
            Tensor x = s.integers(from, 1, 256, 3, 17);
            Tensor y = s.output(to, 3, 17);
            return () -> s.backend().copy(x, y);
        });
    }

    private static OpCase truncation() {
        return new OpCase("copy 5x31 f32-i32", "copy", F32, 0, Scale.SMALL, 0, 1240, s -> {
            Tensor x = s.input(F32, Layout.DENSE, g -> 100 * g, 5, 31);
            Tensor y = s.output(DType.I32, 5, 31);
            return () -> s.backend().copy(x, y);
        });
    }
}
