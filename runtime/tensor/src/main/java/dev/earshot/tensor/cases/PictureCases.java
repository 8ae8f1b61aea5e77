package dev.earshot.tensor.cases;

import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of normalizeImage. */
final class PictureCases {
    private PictureCases() {}

    static void addTo(Consumer<OpCase> rows) {
        for (DType dtype : Rows.COMPUTE) {
            rows.accept(row(Scale.SMALL, dtype, 2, 3, 5, 3));
            rows.accept(row(Scale.SMALL, dtype, 1, 1, 1, 3));
            rows.accept(row(Scale.SMALL, dtype, 3, 6, 34, 3));
            rows.accept(row(Scale.SMALL, dtype, 0, 4, 4, 3));
            rows.accept(row(Scale.MODEL, dtype, 1, 224, 224, 3));
            rows.accept(row(Scale.BENCH, dtype, 24, 224, 224, 3));
        }
    }

    private static OpCase row(Scale scale, DType to, long... shape) {
        String name = "normalizeImage %s u8-%s".formatted(sizes(shape), lower(to));
        double bytes = elements(shape) * (1 + to.bytes());
        return new OpCase(name, "normalizeImage", to, OpCase.TOLERANCE, scale, 3 * elements(shape), bytes, s -> {
            Tensor x = s.integers(DType.U8, 0, 256, shape);
            Tensor out = s.output(to, shape[0], shape[3], shape[1], shape[2]);
            float[] mean = {0.48f, 0.46f, 0.41f};
            float[] std = {0.27f, 0.26f, 0.28f};
            return () -> s.backend().normalizeImage(x, mean, std, out);
        });
    }
}
