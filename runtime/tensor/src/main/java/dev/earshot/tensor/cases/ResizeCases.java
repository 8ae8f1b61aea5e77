package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.precision;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of resize. */
final class ResizeCases {
    private ResizeCases() {}

    static void addTo(Consumer<OpCase> rows) {
        for (Interpolation kind : Interpolation.values()) {
            rows.accept(resize(Scale.SMALL, kind, F32, F32, new long[] {1, 1, 1, 1}, 3, 5, Layout.DENSE));
            rows.accept(resize(Scale.SMALL, kind, F32, F32, new long[] {2, 3, 5, 7}, 5, 7, Layout.DENSE));
            rows.accept(resize(Scale.SMALL, kind, F32, F32, new long[] {2, 3, 5, 7}, 11, 17, Layout.COLUMNS));
            rows.accept(resize(Scale.SMALL, kind, F32, BF16, new long[] {1, 2, 16, 16}, 7, 33, Layout.DENSE));
            rows.accept(resize(Scale.SMALL, kind, BF16, BF16, new long[] {1, 5, 13, 4}, 31, 1, Layout.DENSE));
            rows.accept(resize(Scale.SMALL, kind, F32, F32, new long[] {1, 0, 4, 4}, 8, 8, Layout.DENSE));
            rows.accept(resize(Scale.MODEL, kind, F32, F32, new long[] {1, 4, 16, 16}, 224, 224, Layout.DENSE));
        }
        // interpolated position tables keep the table's own step, not the ratio of the sizes
        rows.accept(stepped(new long[] {1, 8, 14, 14}, 9, 21, 14 / 9.1, 14 / 21.1));
    }

    private static OpCase resize(
            Scale scale, Interpolation kind, DType from, DType to, long[] x, long height, long width, Layout layout) {
        long[] y = {x[0], x[1], height, width};
        String name = "resize %s %s-%dx%d %s-%s%s"
                .formatted(lower(kind), sizes(x), height, width, lower(from), lower(to), layout.suffix());
        double bytes = elements(x) * from.bytes() + elements(y) * to.bytes();
        return new OpCase(name, "resize", precision(from, to), OpCase.TOLERANCE, scale, 8 * elements(y), bytes, s -> {
            Tensor image = s.input(from, layout, g -> g, x);
            Tensor out = s.output(to, layout, y);
            return () -> s.backend().resize(image, kind, out);
        });
    }

    private static OpCase stepped(long[] x, long height, long width, double stepY, double stepX) {
        long[] y = {x[0], x[1], height, width};
        String name = "resize bicubic %s-%dx%d steps %s %s".formatted(sizes(x), height, width, stepY, stepX);
        double bytes = 4 * (elements(x) + elements(y));
        return new OpCase(name, "resize", F32, OpCase.TOLERANCE, Scale.SMALL, 32 * elements(y), bytes, s -> {
            Tensor image = s.input(F32, x);
            Tensor out = s.output(F32, y);
            return () -> s.backend().resize(image, Interpolation.BICUBIC, stepY, stepX, out);
        });
    }
}
