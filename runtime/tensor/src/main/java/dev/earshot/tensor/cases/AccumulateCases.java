package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.sizes;
import static dev.earshot.tensor.cases.Rows.tolerance;

import dev.earshot.tensor.AdamStep;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of fill, accumulate, accumulateProduct, accumulateMatmul and adam. */
final class AccumulateCases {
    private AccumulateCases() {}

    static void addTo(Consumer<OpCase> rows) {
        fills(rows);
        sums(rows);
        products(rows);
        matmuls(rows);
        adams(rows);
    }

    private static void fills(Consumer<OpCase> rows) {
        for (Layout layout : Layout.values()) {
            rows.accept(fill(Scale.SMALL, F32, layout, 3, 5, 17));
        }
        rows.accept(fill(Scale.SMALL, BF16, Layout.COLUMNS, 4, 33));
        rows.accept(fill(Scale.SMALL, F32, Layout.DENSE));
        rows.accept(fill(Scale.SMALL, F32, Layout.DENSE, 0, 7));
        rows.accept(fill(Scale.MODEL, F32, Layout.DENSE, 257, 1280));
        rows.accept(fill(Scale.BENCH, F32, Layout.DENSE, 24, 257, 1280));
    }

    private static OpCase fill(Scale scale, DType dtype, Layout layout, long... shape) {
        String name = "fill %s %s%s".formatted(sizes(shape), lower(dtype), layout.suffix());
        return new OpCase(name, "fill", dtype, 0, scale, 0, elements(shape) * dtype.bytes(), s -> {
            Tensor y = s.output(dtype, layout, shape);
            return () -> s.backend().training().fill(y, 1.5f);
        });
    }

    private static void sums(Consumer<OpCase> rows) {
        for (DType dtype : Rows.COMPUTE) {
            rows.accept(accumulate(Scale.SMALL, dtype, Layout.DENSE, new long[] {2, 3, 17}, 2, 3, 17));
            rows.accept(accumulate(Scale.SMALL, dtype, Layout.DENSE, new long[] {7, 65}, 65)); // a bias
            rows.accept(accumulate(Scale.SMALL, dtype, Layout.COLUMNS, new long[] {3, 5, 33}, 1));
            rows.accept(accumulate(Scale.SMALL, dtype, Layout.DENSE, new long[] {5, 1, 9}, 5, 4, 9));
        }
        rows.accept(accumulate(Scale.SMALL, F32, Layout.DENSE, new long[] {4, 3, 5, 7}, 3, 1, 7));
        rows.accept(accumulate(Scale.SMALL, F32, Layout.DENSE, new long[] {4, 1, 5}, 1, 6, 1)); // both ways at once
        rows.accept(accumulate(Scale.SMALL, F32, Layout.TRANSPOSED, new long[] {6, 11, 13}, 6, 11, 13));
        rows.accept(accumulate(Scale.SMALL, F32, Layout.SPREAD, new long[] {6, 31}, 6, 1));
        rows.accept(accumulate(Scale.SMALL, F32, Layout.DENSE, new long[] {1}, 3, 5));
        rows.accept(accumulate(Scale.SMALL, F32, Layout.DENSE, new long[] {}, 1));
        rows.accept(accumulate(Scale.SMALL, F32, Layout.DENSE, new long[] {9001}, 1));
        rows.accept(accumulate(Scale.SMALL, F32, Layout.DENSE, new long[] {129, 4097}, 4097));
        rows.accept(accumulate(Scale.SMALL, F32, Layout.DENSE, new long[] {0, 5}, 5));
        rows.accept(accumulate(Scale.MODEL, F32, Layout.DENSE, new long[] {1, 257, 1280}, 1, 257, 1280));
        rows.accept(accumulate(Scale.BENCH, F32, Layout.DENSE, new long[] {24, 257, 1280}, 24, 257, 1280));
        rows.accept(accumulate(Scale.BENCH, F32, Layout.DENSE, new long[] {24, 257, 1280}, 1280));
    }

    private static OpCase accumulate(Scale scale, DType from, Layout layout, long[] x, long... y) {
        String name = "accumulate %s-%s %s%s".formatted(sizes(x), sizes(y), lower(from), layout.suffix());
        double terms = elements(x) / Math.max(1, elements(y));
        double bytes = elements(x) * from.bytes() + 8 * elements(y);
        return new OpCase(name, "accumulate", from, tolerance((long) terms), scale, 2 * elements(x), bytes, s -> {
            Tensor input = s.input(from, layout, g -> 1 + g, x);
            Tensor out = s.inOut(F32, x.length == y.length ? layout : Layout.DENSE, g -> g, y);
            return () -> s.backend().training().accumulate(input, -0.75f, out);
        });
    }

    private static void products(Consumer<OpCase> rows) {
        for (DType dtype : Rows.COMPUTE) {
            rows.accept(product(Scale.SMALL, dtype, Layout.DENSE, new long[] {2, 3, 17}, new long[] {2, 3, 17}, 1));
            rows.accept(product(Scale.SMALL, dtype, Layout.DENSE, new long[] {7, 65}, new long[] {7, 65}, 65));
            rows.accept(product(Scale.SMALL, dtype, Layout.DENSE, new long[] {7, 33}, new long[] {1}, 7, 33));
            rows.accept(product(Scale.SMALL, dtype, Layout.COLUMNS, new long[] {7, 31}, new long[] {31}, 7, 31));
        }
        rows.accept(product(Scale.SMALL, F32, Layout.DENSE, new long[] {4, 1, 9}, new long[] {5, 1}, 4, 5, 9));
        rows.accept(product(Scale.SMALL, F32, Layout.DENSE, new long[] {4, 1, 9}, new long[] {5, 1}, 4, 1, 1));
        rows.accept(product(Scale.SMALL, F32, Layout.TRANSPOSED, new long[] {5, 13}, new long[] {5, 13}, 5, 13));
        rows.accept(product(Scale.SMALL, F32, Layout.SPREAD, new long[] {5, 13}, new long[] {5, 13}, 5, 1));
        rows.accept(product(Scale.SMALL, F32, Layout.DENSE, new long[] {0, 3}, new long[] {0, 3}, 1));
        rows.accept(product(Scale.MODEL, F32, Layout.DENSE, new long[] {257, 1280}, new long[] {257, 1280}, 1));
        rows.accept(product(Scale.BENCH, F32, Layout.DENSE, new long[] {24, 257, 1280}, new long[] {1}, 24, 257, 1280));
        rows.accept(product(Scale.BENCH, F32, Layout.DENSE, new long[] {24, 257, 1280}, new long[] {24, 257, 1280}, 1));
    }

    private static OpCase product(Scale scale, DType from, Layout layout, long[] a, long[] b, long... y) {
        String name =
                "accumulateProduct %s.%s-%s %s%s".formatted(sizes(a), sizes(b), sizes(y), lower(from), layout.suffix());
        double bytes = elements(a) * from.bytes() + 4 * elements(b) + 8 * elements(y);
        return new OpCase(
                name, "accumulateProduct", from, tolerance((long) elements(a)), scale, 2 * elements(a), bytes, s -> {
                    Tensor left = s.input(from, layout, g -> 1 + g, a);
                    Tensor right = s.input(F32, Layout.DENSE, g -> 1 + g, b);
                    Tensor out = s.inOut(F32, Layout.DENSE, g -> g, y);
                    return () -> s.backend().training().accumulateProduct(left, right, out);
                });
    }

    private static void matmuls(Consumer<OpCase> rows) {
        int[][] shapes = {{1, 1, 1, 1}, {1, 5, 7, 3}, {3, 16, 16, 16}, {2, 17, 63, 15}, {5, 31, 65, 33}, {2, 0, 4, 4}};
        for (DType dtype : Rows.COMPUTE) {
            for (int[] z : shapes) {
                Sizes sizes = new Sizes(z[0], z[1], z[2], z[3]);
                rows.accept(matmul(Scale.SMALL, sizes, false, false, dtype, Layout.DENSE, Layout.DENSE));
                rows.accept(matmul(Scale.SMALL, sizes, true, false, dtype, Layout.TRANSPOSED, Layout.DENSE));
            }
            Sizes odd = new Sizes(3, 19, 29, 23);
            rows.accept(matmul(Scale.SMALL, odd, false, true, dtype, Layout.DENSE, Layout.TRANSPOSED));
            rows.accept(matmul(Scale.SMALL, odd, true, true, dtype, Layout.COLUMNS, Layout.COLUMNS));
            rows.accept(matmul(Scale.SMALL, odd, true, false, dtype, Layout.SPREAD, Layout.SPREAD));
        }
        rows.accept(matmul(Scale.SMALL, new Sizes(2, 3, 0, 5), true, false, F32, Layout.DENSE, Layout.DENSE));
        // A weight gradient of an adapter: [r, tokens] times [tokens, width], summed over the batch.
        rows.accept(
                matmul(Scale.MODEL, new Sizes(2, 32, 257, 1280), true, false, F32, Layout.TRANSPOSED, Layout.DENSE));
        rows.accept(matmul(Scale.MODEL, new Sizes(4, 257, 32, 1280), false, true, F32, Layout.DENSE, Layout.DENSE));
        rows.accept(
                matmul(Scale.BENCH, new Sizes(24, 32, 257, 1280), true, false, F32, Layout.TRANSPOSED, Layout.DENSE));
        rows.accept(
                matmul(Scale.BENCH, new Sizes(24, 1280, 257, 32), true, false, F32, Layout.TRANSPOSED, Layout.DENSE));
        rows.accept(matmul(Scale.BENCH, new Sizes(24, 257, 32, 1280), false, true, F32, Layout.DENSE, Layout.DENSE));
    }

    private record Sizes(long batch, long m, long inner, long n) {}

    private static OpCase matmul(Scale scale, Sizes z, boolean summed, boolean oneB, DType from, Layout la, Layout lb) {
        long[] a = {z.batch, z.m, z.inner};
        long[] b = {oneB ? 1 : z.batch, z.inner, z.n};
        long[] y = {summed ? 1 : z.batch, z.m, z.n};
        String name = "accumulateMatmul %s*%s-%s %s%s b%s"
                .formatted(sizes(a), sizes(b), sizes(y), lower(from), la.suffix(), lb.suffix());
        double bytes = 4 * elements(a) + elements(b) * from.bytes() + 8 * elements(y);
        long terms = z.inner * (summed ? z.batch : 1);
        return new OpCase(name, "accumulateMatmul", from, tolerance(terms), scale, 2 * elements(a) * z.n, bytes, s -> {
            Tensor left = s.input(F32, la, g -> g, a);
            Tensor right = s.input(from, lb, g -> g, b);
            Tensor out = s.inOut(F32, Layout.COLUMNS, g -> g, y);
            return () -> s.backend().training().accumulateMatmul(left, right, 0.5f, out);
        });
    }

    private static void adams(Consumer<OpCase> rows) {
        rows.accept(adam(Scale.SMALL, Layout.DENSE, 1));
        rows.accept(adam(Scale.SMALL, Layout.DENSE, 5, 17));
        rows.accept(adam(Scale.SMALL, Layout.COLUMNS, 5, 33));
        rows.accept(adam(Scale.SMALL, Layout.DENSE, 8193));
        rows.accept(adam(Scale.SMALL, Layout.DENSE, 0, 3));
        rows.accept(adam(Scale.MODEL, Layout.DENSE, 32, 1280));
        rows.accept(adam(Scale.BENCH, Layout.DENSE, 1_314_840));
    }

    private static OpCase adam(Scale scale, Layout layout, long... shape) {
        String name = "adam %s%s".formatted(sizes(shape), layout.suffix());
        double bytes = 28 * elements(shape);
        AdamStep step = new AdamStep(7, 1e-2, 0.9, 0.999, 1e-8, 0.01, 0.1, 0.5);
        return new OpCase(name, "adam", F32, OpCase.TOLERANCE, scale, 15 * elements(shape), bytes, s -> {
            Tensor p = s.inOut(F32, layout, g -> g, shape);
            Tensor g = s.input(F32, layout, v -> 0.1 * v, shape);
            Tensor m = s.inOut(F32, layout, v -> 0.1 * v, shape);
            Tensor v = s.inOut(F32, layout, w -> 0.01 * w * w, shape);
            float[] values = step.scalars().toFloats();
            int[] at = {0};
            Tensor scalars = s.input(F32, Layout.DENSE, ignored -> values[at[0]++], AdamStep.SCALARS);
            return () -> s.backend().training().adam(p, g, m, v, scalars);
        });
    }
}
