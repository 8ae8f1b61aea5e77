package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.precision;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of layerNorm, softmax and l2Normalize. */
final class NormCases {
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
    private static final long[][] MODELS = {{1, 197, 768}, {1, 257, 1280}, {1, 229, 768}};

    private NormCases() {}

    static void addTo(Consumer<OpCase> rows) {
        for (long[] shape : SHAPES) {
            layerNorms(rows, Scale.SMALL, Layout.DENSE, shape);
            rows.accept(softmax(Scale.SMALL, F32, F32, Layout.DENSE, 1, shape));
            rows.accept(softmax(Scale.SMALL, F32, BF16, Layout.DENSE, 2.5f, shape));
            rows.accept(l2Normalize(Scale.SMALL, F32, F32, Layout.DENSE, shape));
            rows.accept(l2Normalize(Scale.SMALL, BF16, BF16, Layout.DENSE, shape));
        }
        layerNorms(rows, Scale.SMALL, Layout.COLUMNS, 3, 5, 48);
        rows.accept(softmax(Scale.SMALL, F32, F32, Layout.DENSE, 1, 4, 1));
        rows.accept(softmax(Scale.SMALL, F32, F32, Layout.COLUMNS, 0.7f, 3, 5, 33));
        rows.accept(softmax(Scale.SMALL, BF16, BF16, Layout.DENSE, 0.7f, 3, 5, 33));
        rows.accept(l2Normalize(Scale.SMALL, F32, BF16, Layout.COLUMNS, 3, 5, 33));
        for (long[] shape : MODELS) {
            layerNorms(rows, Scale.MODEL, Layout.DENSE, shape);
        }
        rows.accept(softmax(Scale.MODEL, F32, F32, Layout.DENSE, 0.125f, 12, 197, 197));
        rows.accept(softmax(Scale.MODEL, F32, BF16, Layout.DENSE, 0.111803f, 16, 257, 257));
        rows.accept(l2Normalize(Scale.MODEL, F32, F32, Layout.DENSE, 1, 256, 1280));
    }

    private static void layerNorms(Consumer<OpCase> rows, Scale scale, Layout layout, long... shape) {
        rows.accept(layerNorm(scale, F32, F32, true, layout, shape));
        rows.accept(layerNorm(scale, F32, BF16, true, layout, shape));
        rows.accept(layerNorm(scale, BF16, BF16, true, layout, shape));
        rows.accept(layerNorm(scale, F32, F32, false, layout, shape));
    }

    /** Values with mean 3, so that a variance from sums of squares alone would show. */
    private static OpCase layerNorm(Scale scale, DType from, DType to, boolean affine, Layout layout, long... shape) {
        String name = "layerNorm %s %s-%s%s%s"
                .formatted(sizes(shape), lower(from), lower(to), affine ? "" : " plain", layout.suffix());
        double bytes = elements(shape) * (from.bytes() + to.bytes());
        long width = shape[shape.length - 1];
        return new OpCase(
                name, "layerNorm", precision(from, to), OpCase.TOLERANCE, scale, 8 * elements(shape), bytes, s -> {
                    Tensor x = s.input(from, layout, g -> 3 + 2 * g, shape);
                    if (!affine) {
                        Tensor y = s.output(to, layout, shape);
                        return () -> s.backend().layerNorm(x, 1e-6f, y);
                    }
                    Tensor gamma = s.input(F32, Layout.DENSE, g -> 1 + 0.2 * g, width);
                    Tensor beta = s.input(F32, width);
                    Tensor y = s.output(to, layout, shape);
                    return () -> s.backend().layerNorm(x, gamma, beta, 1e-6f, y);
                });
    }

    private static OpCase softmax(Scale scale, DType from, DType to, Layout layout, float factor, long... shape) {
        String name =
                "softmax %s scale%s %s-%s%s".formatted(sizes(shape), factor, lower(from), lower(to), layout.suffix());
        double bytes = elements(shape) * (from.bytes() + to.bytes());
        return new OpCase(
                name, "softmax", precision(from, to), OpCase.TOLERANCE, scale, 6 * elements(shape), bytes, s -> {
                    Tensor x = s.input(from, layout, g -> 3 * g - 20, shape);
                    Tensor y = s.output(to, layout, shape);
                    return () -> s.backend().softmax(x, factor, y);
                });
    }

    private static OpCase l2Normalize(Scale scale, DType from, DType to, Layout layout, long... shape) {
        String name = "l2Normalize %s %s-%s%s".formatted(sizes(shape), lower(from), lower(to), layout.suffix());
        double bytes = elements(shape) * (from.bytes() + to.bytes());
        return new OpCase(
                name, "l2Normalize", precision(from, to), OpCase.TOLERANCE, scale, 4 * elements(shape), bytes, s -> {
                    Tensor x = s.input(from, layout, g -> 2 * g, shape);
                    Tensor y = s.output(to, layout, shape);
                    return () -> s.backend().l2Normalize(x, 1e-12f, y);
                });
    }
}
