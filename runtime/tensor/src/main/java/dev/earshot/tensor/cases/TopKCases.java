package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.DType.I32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;
import java.util.function.DoubleUnaryOperator;

/** Rows of the merging of top-K lists; exact. */
final class TopKCases {
    private static final DoubleUnaryOperator RANDOM = g -> g;

    /** Few different values, so that many tie. */
    private static final DoubleUnaryOperator COARSE = g -> Math.rint(2 * g);

    private TopKCases() {}

    static void addTo(Consumer<OpCase> rows) {
        rows.accept(row(Scale.SMALL, Layout.DENSE, RANDOM, 3, 0, 5));
        rows.accept(row(Scale.SMALL, Layout.DENSE, RANDOM, 1, 1, 1));
        rows.accept(row(Scale.SMALL, Layout.DENSE, RANDOM, 7, 33, 65));
        rows.accept(row(Scale.SMALL, Layout.DENSE, COARSE, 5, 31, 129));
        rows.accept(row(Scale.SMALL, Layout.TRANSPOSED, COARSE, 7, 70, 40));
        rows.accept(row(Scale.SMALL, Layout.COLUMNS, RANDOM, 33, 9, 100));
        rows.accept(row(Scale.SMALL, Layout.SPREAD, RANDOM, 2, 5, 31));
        rows.accept(row(Scale.SMALL, Layout.DENSE, RANDOM, 256, 3, 300));
        rows.accept(row(Scale.MODEL, Layout.DENSE, RANDOM, 7, 256, 2048));
        rows.accept(row(Scale.BENCH, Layout.DENSE, RANDOM, 7, 2048, 2048));
        rows.accept(row(Scale.BENCH, Layout.TRANSPOSED, RANDOM, 7, 2048, 2048));
    }

    /** Lists start as if something worse had been found before. */
    private static OpCase row(Scale scale, Layout layout, DoubleUnaryOperator value, int k, long... shape) {
        String name =
                "mergeTopK %s k%d%s%s".formatted(sizes(shape), k, value == COARSE ? " coarse" : "", layout.suffix());
        double bytes = 4 * elements(shape) + 16.0 * shape[0] * k;
        return new OpCase(name, "mergeTopK", F32, 0, scale, elements(shape), bytes, s -> {
            Tensor x = s.input(F32, layout, value, shape);
            Tensor rowGroups = s.integers(I32, 0, 6, shape[0]);
            Tensor columnGroups = s.integers(I32, 3, 12, shape[1]);
            Tensor values = s.inOut(F32, Layout.DENSE, g -> -8, shape[0], k);
            Tensor indices = s.inOut(I32, Layout.DENSE, g -> -1, shape[0], k);
            return () -> s.backend().mergeTopK(x, rowGroups, columnGroups, 1000, values, indices);
        });
    }
}
