package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.precision;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of reduce and argmax. */
final class ReduceCases {
    private ReduceCases() {}

    static void addTo(Consumer<OpCase> rows) {
        for (ReduceOp op : ReduceOp.values()) {
            for (int axis = 0; axis < 3; axis++) {
                rows.accept(reduce(Scale.SMALL, op, F32, F32, Layout.DENSE, axis, 5, 7, 17));
            }
            rows.accept(reduce(Scale.SMALL, op, F32, F32, Layout.DENSE, 0, 1));
            rows.accept(reduce(Scale.SMALL, op, F32, BF16, Layout.COLUMNS, 1, 3, 65));
            rows.accept(reduce(Scale.SMALL, op, BF16, BF16, Layout.DENSE, 0, 33, 16));
            rows.accept(reduce(Scale.SMALL, op, F32, F32, Layout.DENSE, 0, 3, 0));
            rows.accept(reduce(Scale.MODEL, op, F32, F32, Layout.DENSE, 1, 1, 256, 1280));
        }
        for (DType dtype : Rows.COMPUTE) {
            rows.accept(argmax(Scale.SMALL, dtype, Layout.DENSE, 1, 1));
            rows.accept(argmax(Scale.SMALL, dtype, Layout.DENSE, 3, 5, 17));
            rows.accept(argmax(Scale.SMALL, dtype, Layout.COLUMNS, 31, 65));
            rows.accept(argmax(Scale.SMALL, dtype, Layout.DENSE, 0, 4));
        }
        rows.accept(argmax(Scale.MODEL, F32, Layout.DENSE, 256, 16));
    }

    /** Values of mean 1, so that no sum is an accident of cancellation. */
    private static OpCase reduce(
            Scale scale, ReduceOp op, DType from, DType to, Layout layout, int axis, long... shape) {
        long[] y = new long[shape.length - 1];
        for (int i = 0, j = 0; i < shape.length; i++) {
            if (i != axis) {
                y[j++] = shape[i];
            }
        }
        String name = "reduce %s %s axis%d %s-%s%s"
                .formatted(lower(op), sizes(shape), axis, lower(from), lower(to), layout.suffix());
        double bytes = elements(shape) * from.bytes() + elements(y) * to.bytes();
        double tolerance = Rows.tolerance(shape[axis]);
        return new OpCase(name, "reduce", precision(from, to), tolerance, scale, elements(shape), bytes, s -> {
            Tensor x = s.input(from, layout, g -> 1 + g, shape);
            Tensor out = s.output(to, y);
            return () -> s.backend().reduce(op, x, axis, out);
        });
    }

    /** Exact: bf16 values collide often, which exercises the rule for ties. */
    private static OpCase argmax(Scale scale, DType dtype, Layout layout, long... shape) {
        String name = "argmax %s %s%s".formatted(sizes(shape), lower(dtype), layout.suffix());
        long[] y = java.util.Arrays.copyOf(shape, shape.length - 1);
        double bytes = elements(shape) * dtype.bytes() + 4 * elements(y);
        return new OpCase(name, "argmax", dtype, 0, scale, elements(shape), bytes, s -> {
            Tensor x = s.input(dtype, layout, g -> g, shape);
            Tensor out = s.output(DType.I32, y);
            return () -> s.backend().argmax(x, out);
        });
    }
}
