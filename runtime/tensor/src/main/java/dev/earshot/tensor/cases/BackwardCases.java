package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.sizes;
import static dev.earshot.tensor.cases.Rows.tolerance;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of the backward ops of linear, layerNorm, softmax, l2Normalize, unary and reduce. */
final class BackwardCases {
    private static final long[][] SHAPES = {
        {1, 2},
        {3, 5},
        {2, 3, 7},
        {5, 15},
        {4, 16},
        {7, 17},
        {2, 3, 5, 31},
        {9, 63},
        {3, 64},
        {2, 65},
        {37, 101},
        {0, 8}
    };

    private BackwardCases() {}

    static void addTo(Consumer<OpCase> rows) {
        linears(rows);
        for (DType dtype : Rows.COMPUTE) {
            for (long[] shape : SHAPES) {
                rowWise(rows, Scale.SMALL, dtype, Layout.DENSE, shape);
            }
            rowWise(rows, Scale.SMALL, dtype, Layout.COLUMNS, 3, 5, 48);
        }
        for (long[] shape : new long[][] {{1, 257, 1280}, {1, 229, 768}}) {
            rowWise(rows, Scale.MODEL, F32, Layout.DENSE, shape);
        }
        rowWise(rows, Scale.BENCH, F32, Layout.DENSE, 24, 257, 1280);
        rowWise(rows, Scale.BENCH, F32, Layout.DENSE, 24, 257, 128);
        unaries(rows);
        reductions(rows);
    }

    private static void linears(Consumer<OpCase> rows) {
        long[][] shapes = {
            {1, 1, 1},
            {1, 7, 3},
            {2, 3, 5},
            {3, 16, 16},
            {7, 17, 15},
            {16, 63, 65},
            {17, 64, 64},
            {64, 64, 129},
            {65, 96, 1},
            {127, 1, 64},
            {0, 16, 16},
            {101, 300, 107},
            {33, 107, 300}
        };
        for (DType dtype : Rows.COMPUTE) {
            for (long[] z : shapes) {
                rows.accept(linear(Scale.SMALL, z[0], z[1], z[2], dtype, Layout.DENSE));
            }
            rows.accept(linear(Scale.SMALL, 19, 48, 80, dtype, Layout.COLUMNS));
            rows.accept(linear(Scale.MODEL, 257, 1280, 1280, dtype, Layout.DENSE));
            rows.accept(linear(Scale.MODEL, 257, 128, 512, dtype, Layout.DENSE));
            rows.accept(linear(Scale.BENCH, 24 * 257, 1280, 3840, dtype, Layout.DENSE));
            rows.accept(linear(Scale.BENCH, 24 * 257, 1280, 5120, dtype, Layout.DENSE));
            rows.accept(linear(Scale.BENCH, 24 * 257, 5120, 1280, dtype, Layout.DENSE));
        }
    }

    private static OpCase linear(Scale scale, long tokens, long in, long out, DType compute, Layout layout) {
        String name = "linearBackward %dx%d-%d %s%s".formatted(tokens, in, out, lower(compute), layout.suffix());
        double bytes = 4.0 * tokens * (2 * in + out) + in * out * compute.bytes();
        return new OpCase(name, "linearBackward", compute, tolerance(out), scale, 2.0 * tokens * in * out, bytes, s -> {
            Tensor gradOut = s.input(F32, layout, g -> g, 1, tokens, out);
            Linear layer = s.linear(compute, in, out, true);
            Tensor gradX = s.inOut(F32, layout, g -> g, 1, tokens, in);
            return () -> s.backend().training().linearBackward(gradOut, layer, gradX);
        });
    }

    private static void rowWise(Consumer<OpCase> rows, Scale scale, DType dtype, Layout layout, long... shape) {
        String text = "%s %s%s".formatted(sizes(shape), lower(dtype), layout.suffix());
        double bytes = elements(shape) * (dtype.bytes() + 12);
        double flops = 12 * elements(shape);
        long width = shape[shape.length - 1];
        double tolerance = OpCase.LONG_REDUCTION_TOLERANCE;
        rows.accept(new OpCase(
                "layerNormBackward " + text, "layerNormBackward", dtype, tolerance, scale, flops, bytes, s -> {
                    Tensor x = s.input(dtype, layout, g -> 3 + 2 * g, shape);
                    Tensor gamma = s.input(F32, Layout.DENSE, g -> 1 + 0.2 * g, width);
                    Tensor gradOut = s.input(F32, layout, g -> g, shape);
                    Tensor gradX = s.inOut(F32, layout, g -> g, shape);
                    return () -> s.backend().training().layerNormBackward(x, gamma, 1e-6f, gradOut, gradX);
                }));
        rows.accept(new OpCase(
                "layerNormBackward plain " + text, "layerNormBackward", dtype, tolerance, scale, flops, bytes, s -> {
                    Tensor x = s.input(dtype, layout, g -> 3 + 2 * g, shape);
                    Tensor gradOut = s.input(F32, layout, g -> g, shape);
                    Tensor gradX = s.inOut(F32, layout, g -> g, shape);
                    return () -> s.backend().training().layerNormBackward(x, 1e-6f, gradOut, gradX);
                }));
        String parameters = "layerNormParametersBackward";
        rows.accept(new OpCase(parameters + " " + text, parameters, dtype, tolerance, scale, flops, bytes, s -> {
            Tensor x = s.input(dtype, layout, g -> 3 + 2 * g, shape);
            Tensor gradOut = s.input(F32, layout, g -> g, shape);
            Tensor gradGamma = s.inOut(F32, Layout.DENSE, g -> g, width);
            Tensor gradBeta = s.inOut(F32, Layout.DENSE, g -> g, width);
            return () -> s.backend().training().layerNormParametersBackward(x, 1e-6f, gradOut, gradGamma, gradBeta);
        }));
        rows.accept(new OpCase(
                "softmaxBackward " + text, "softmaxBackward", dtype, tolerance, scale, flops, bytes, s -> {
                    Tensor y = s.input(dtype, layout, g -> g * g / width, shape); // about the sums of a softmax
                    Tensor gradOut = s.input(F32, layout, g -> g, shape);
                    Tensor gradX = s.inOut(F32, layout, g -> 0.01 * g, shape);
                    return () -> s.backend().training().softmaxBackward(y, 2.5f, gradOut, gradX);
                }));
        rows.accept(new OpCase(
                "l2NormalizeBackward " + text, "l2NormalizeBackward", dtype, tolerance, scale, flops, bytes, s -> {
                    Tensor x = s.input(dtype, layout, g -> 2 * g, shape);
                    Tensor gradOut = s.input(F32, layout, g -> g, shape);
                    Tensor gradX = s.inOut(F32, layout, g -> 0.1 * g, shape);
                    // The second form of the rule holds for some of the short rows.
                    float eps = width <= 5 ? 2.5f : 1e-6f;
                    return () -> s.backend().training().l2NormalizeBackward(x, eps, gradOut, gradX);
                }));
    }

    private static void unaries(Consumer<OpCase> rows) {
        for (UnaryOp op : UnaryOp.values()) {
            rows.accept(unary(Scale.SMALL, op, F32, Layout.DENSE, 2, 3, 17));
            rows.accept(unary(Scale.SMALL, op, BF16, Layout.TRANSPOSED, 13, 7));
            rows.accept(unary(Scale.SMALL, op, F32, Layout.SPREAD, 3, 65));
            rows.accept(unary(Scale.SMALL, op, F32, Layout.DENSE, 9001));
        }
        rows.accept(unary(Scale.SMALL, UnaryOp.GELU, F32, Layout.DENSE));
        rows.accept(unary(Scale.SMALL, UnaryOp.GELU, F32, Layout.DENSE, 4, 0, 3));
        rows.accept(unary(Scale.MODEL, UnaryOp.GELU, F32, Layout.DENSE, 257, 5120));
        rows.accept(unary(Scale.BENCH, UnaryOp.GELU, F32, Layout.DENSE, 24, 257, 5120));
        rows.accept(unary(Scale.BENCH, UnaryOp.RELU, F32, Layout.DENSE, 24, 257, 32));
    }

    private static OpCase unary(Scale scale, UnaryOp op, DType dtype, Layout layout, long... shape) {
        String name = "unaryBackward %s %s %s%s".formatted(lower(op), sizes(shape), lower(dtype), layout.suffix());
        double bytes = elements(shape) * (dtype.bytes() + 12);
        boolean positive = op == UnaryOp.LOG || op == UnaryOp.SQRT;
        return new OpCase(name, "unaryBackward", dtype, OpCase.TOLERANCE, scale, 20 * elements(shape), bytes, s -> {
            Tensor x = s.input(dtype, layout, g -> positive ? Math.abs(g) + 0.1 : 2 * g, shape);
            Tensor gradOut = s.input(F32, layout, g -> g, shape);
            Tensor gradX = s.inOut(F32, layout, g -> g, shape);
            return () -> s.backend().training().unaryBackward(op, x, gradOut, gradX);
        });
    }

    private static void reductions(Consumer<OpCase> rows) {
        for (ReduceOp op : new ReduceOp[] {ReduceOp.MAX, ReduceOp.MIN, ReduceOp.LOG_SUM_EXP}) {
            for (int axis = 0; axis < 3; axis++) {
                rows.accept(reduce(Scale.SMALL, op, F32, Layout.DENSE, axis, 5, 7, 17));
            }
            rows.accept(reduce(Scale.SMALL, op, F32, Layout.DENSE, 0, 1));
            rows.accept(reduce(Scale.SMALL, op, F32, Layout.COLUMNS, 1, 3, 65));
            rows.accept(reduce(Scale.SMALL, op, BF16, Layout.DENSE, 0, 33, 16)); // with ties
            rows.accept(reduce(Scale.SMALL, op, F32, Layout.DENSE, 0, 3, 0));
            rows.accept(reduce(Scale.MODEL, op, F32, Layout.DENSE, 1, 8, 256, 64));
        }
    }

    private static OpCase reduce(Scale scale, ReduceOp op, DType dtype, Layout layout, int axis, long... shape) {
        long[] y = new long[shape.length - 1];
        for (int i = 0, j = 0; i < shape.length; i++) {
            if (i != axis) {
                y[j++] = shape[i];
            }
        }
        String name = "reduceBackward %s %s axis%d %s%s"
                .formatted(lower(op), sizes(shape), axis, lower(dtype), layout.suffix());
        double bytes = elements(shape) * (dtype.bytes() + 8);
        return new OpCase(name, "reduceBackward", dtype, OpCase.TOLERANCE, scale, 4 * elements(shape), bytes, s -> {
            Tensor x = s.input(dtype, layout, g -> g, shape);
            Tensor gradOut = s.input(F32, y);
            Tensor gradX = s.inOut(F32, layout, g -> 0.1 * g, shape);
            return () -> s.backend().training().reduceBackward(op, x, axis, gradOut, gradX);
        });
    }
}
