package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.precision;
import static dev.earshot.tensor.cases.Rows.sizes;
import static dev.earshot.tensor.cases.Rows.tolerance;
import static dev.earshot.tensor.cases.Rows.with;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of linear and matmul. */
final class LinearCases {
    private LinearCases() {}

    static void addTo(Consumer<OpCase> rows) {
        oddShapes(rows);
        modelShapes(rows);
        residuals(rows);
        matmuls(rows);
    }

    private static void oddShapes(Consumer<OpCase> rows) {
        int[][] shapes = {
            {1, 1, 1},
            {1, 7, 3},
            {2, 3, 5},
            {3, 16, 16},
            {7, 17, 15},
            {13, 31, 33},
            {16, 63, 65},
            {17, 64, 64},
            {1, 128, 127},
            {63, 65, 97},
            {64, 64, 129},
            {65, 96, 1},
            {127, 1, 64},
            {0, 16, 16},
            {101, 103, 107}
        };
        Activation[] activations = Activation.values();
        for (int i = 0; i < shapes.length; i++) {
            for (DType dtype : Rows.COMPUTE) {
                int[] s = shapes[i];
                Activation activation = activations[i % activations.length];
                rows.accept(linear(Scale.SMALL, s[0], s[1], s[2], activation, i % 3 != 0, dtype, dtype, Layout.DENSE));
            }
        }
        for (Activation activation : activations) {
            for (DType dtype : Rows.COMPUTE) {
                rows.accept(linear(Scale.SMALL, 19, 48, 80, activation, true, dtype, F32, Layout.COLUMNS));
                rows.accept(linear(Scale.SMALL, 33, 80, 48, activation, true, dtype, BF16, Layout.DENSE));
            }
        }
    }

    private static void modelShapes(Consumer<OpCase> rows) {
        for (DType dtype : Rows.COMPUTE) {
            // ViT-B/16 (also DINO and AdaAV's audio side): QKV, projection, MLP
            rows.accept(linear(Scale.MODEL, 197, 768, 2304, Activation.NONE, true, dtype, dtype, Layout.DENSE));
            rows.accept(linear(Scale.BENCH, 197, 768, 3072, Activation.GELU, true, dtype, dtype, Layout.DENSE));
            // ImageBind-Huge vision
            rows.accept(linear(Scale.MODEL, 257, 1280, 3840, Activation.NONE, true, dtype, dtype, Layout.DENSE));
            rows.accept(linear(Scale.BENCH, 257, 1280, 5120, Activation.GELU, true, dtype, dtype, Layout.DENSE));
            rows.accept(linear(Scale.MODEL, 1, 1280, 1024, Activation.NONE, false, dtype, dtype, Layout.DENSE));
            // CLIP ViT-B/32
            rows.accept(linear(Scale.MODEL, 50, 768, 3072, Activation.QUICK_GELU, true, dtype, dtype, Layout.DENSE));
            // ImageBind audio, and its patch embedding by unfold
            rows.accept(linear(Scale.MODEL, 229, 768, 768, Activation.GELU, true, dtype, dtype, Layout.DENSE));
            rows.accept(linear(Scale.MODEL, 228, 256, 768, Activation.NONE, false, dtype, dtype, Layout.DENSE));
            rows.accept(linear(Scale.BENCH, 8 * 197, 768, 3072, Activation.GELU, true, dtype, dtype, Layout.DENSE));
        }
    }

    private static OpCase linear(
            Scale scale,
            long tokens,
            long in,
            long out,
            Activation activation,
            boolean bias,
            DType compute,
            DType result,
            Layout layout) {
        String name = "linear %dx%d-%d %s%s %s-%s%s"
                .formatted(
                        tokens,
                        in,
                        out,
                        lower(activation),
                        bias ? "" : " nobias",
                        lower(compute),
                        lower(result),
                        layout.suffix());
        double bytes = (tokens * in + in * out) * compute.bytes() + tokens * out * result.bytes();
        return new OpCase(
                name, "linear", precision(compute, result), tolerance(in), scale, 2.0 * tokens * in * out, bytes, s -> {
                    Tensor x = s.input(compute, layout, g -> g, 1, tokens, in);
                    Linear layer = s.linear(compute, in, out, bias);
                    Tensor y = s.output(result, layout, 1, tokens, out);
                    return () -> s.backend().linear(x, layer, activation, y);
                });
    }

    private static void residuals(Consumer<OpCase> rows) {
        int[][] shapes = {{1, 5, 3}, {15, 33, 31}, {17, 64, 65}, {0, 8, 8}};
        for (DType dtype : Rows.COMPUTE) {
            for (int[] s : shapes) {
                rows.accept(residual(Scale.SMALL, s[0], s[1], s[2], Activation.NONE, dtype, Layout.DENSE, true));
                rows.accept(residual(Scale.SMALL, s[0], s[1], s[2], Activation.GELU, dtype, Layout.DENSE, false));
            }
            rows.accept(residual(Scale.SMALL, 21, 40, 24, Activation.QUICK_GELU, dtype, Layout.COLUMNS, true));
            rows.accept(residual(Scale.SMALL, 21, 40, 24, Activation.RELU, dtype, Layout.COLUMNS, false));
            rows.accept(residual(Scale.MODEL, 197, 768, 768, Activation.NONE, dtype, Layout.DENSE, true));
            rows.accept(residual(Scale.MODEL, 197, 3072, 768, Activation.NONE, dtype, Layout.DENSE, true));
            rows.accept(residual(Scale.BENCH, 257, 5120, 1280, Activation.NONE, dtype, Layout.DENSE, true));
            rows.accept(repeatedResidual(Scale.SMALL, 3, 17, 24, 33, dtype, Layout.DENSE));
            rows.accept(repeatedResidual(Scale.SMALL, 2, 1, 24, 16, dtype, Layout.DENSE));
            rows.accept(repeatedResidual(Scale.SMALL, 2, 9, 16, 24, dtype, Layout.COLUMNS));
            // what a batch of prompts adds to the image stream that they share, in SAM's mask decoder
            rows.accept(repeatedResidual(Scale.BENCH, 8, 4096, 128, 256, dtype, Layout.DENSE));
        }
    }

    private static OpCase residual(
            Scale scale,
            long tokens,
            long in,
            long out,
            Activation activation,
            DType compute,
            Layout layout,
            boolean inPlace) {
        String name = "linear %dx%d-%d %s residual%s %s%s"
                .formatted(
                        tokens, in, out, lower(activation), inPlace ? " inplace" : "", lower(compute), layout.suffix());
        double bytes = (tokens * in + in * out) * compute.bytes() + 8.0 * tokens * out;
        return new OpCase(name, "linear", compute, tolerance(in), scale, 2.0 * tokens * in * out, bytes, s -> {
            Tensor x = s.input(compute, layout, g -> g, 1, tokens, in);
            Linear layer = s.linear(compute, in, out, true);
            if (inPlace) {
                Tensor y = s.inOut(F32, layout, g -> g, 1, tokens, out);
                return () -> s.backend().linear(x, layer, activation, y, y);
            }
            Tensor added = s.input(F32, layout, g -> g, 1, tokens, out);
            Tensor y = s.output(F32, layout, 1, tokens, out);
            return () -> s.backend().linear(x, layer, activation, added, y);
        });
    }

    /** One residual for all of a batch. */
    private static OpCase repeatedResidual(
            Scale scale, long batch, long tokens, long in, long out, DType compute, Layout layout) {
        String name = "linear %dx%dx%d-%d repeated residual %s%s"
                .formatted(batch, tokens, in, out, lower(compute), layout.suffix());
        long rows = batch * tokens;
        double bytes = (rows * in + in * out) * compute.bytes() + 4.0 * (rows + tokens) * out;
        return new OpCase(name, "linear", compute, tolerance(in), scale, 2.0 * rows * in * out, bytes, s -> {
            Tensor x = s.input(compute, layout, g -> g, batch, tokens, in);
            Linear layer = s.linear(compute, in, out, true);
            Tensor added = s.input(F32, layout, g -> g, 1, tokens, out).broadcast(batch, tokens, out);
            Tensor y = s.output(F32, layout, batch, tokens, out);
            return () -> s.backend().linear(x, layer, Activation.NONE, added, y);
        });
    }

    private static void matmuls(Consumer<OpCase> rows) {
        int[][] shapes = {{1, 1, 1, 1}, {1, 5, 7, 3}, {3, 16, 16, 16}, {2, 17, 63, 15}, {5, 31, 65, 33}, {2, 0, 4, 4}};
        for (DType dtype : Rows.COMPUTE) {
            for (int[] s : shapes) {
                long[] a = {s[0], s[1], s[2]};
                rows.accept(matmul(Scale.SMALL, a, s[0], s[3], 1f, dtype, F32, Layout.DENSE, Layout.DENSE));
                rows.accept(matmul(Scale.SMALL, a, 1, s[3], -0.5f, dtype, dtype, Layout.DENSE, Layout.TRANSPOSED));
            }
            long[] heads = {2, 3, 29, 24};
            rows.accept(matmul(Scale.SMALL, heads, 2, 29, 0.125f, dtype, F32, Layout.COLUMNS, Layout.TRANSPOSED));
            rows.accept(matmul(Scale.SMALL, heads, 2, 40, 1f, dtype, dtype, Layout.COLUMNS, Layout.COLUMNS));
            rows.accept(
                    matmul(Scale.SMALL, new long[] {23, 41}, 23, 19, 1f, dtype, dtype, Layout.DENSE, Layout.SPREAD));
            // scores of 256 image features against 16 centroids; attention scores of AdaAV
            rows.accept(matmul(
                    Scale.MODEL, new long[] {256, 1280}, 0, 16, 1f, dtype, F32, Layout.DENSE, Layout.TRANSPOSED));
            rows.accept(matmul(
                    Scale.MODEL, new long[] {16, 257, 80}, 16, 257, 0.1f, dtype, F32, Layout.DENSE, Layout.TRANSPOSED));
            rows.accept(
                    matmul(Scale.BENCH, new long[] {1024, 1024}, 0, 1024, 1f, dtype, F32, Layout.DENSE, Layout.DENSE));
        }
    }

    /** {@code leading} is the first size of b where a has leading axes. */
    private static OpCase matmul(
            Scale scale, long[] a, long leading, long n, float alpha, DType dtype, DType result, Layout la, Layout lb) {
        long inner = a[a.length - 1];
        long[] b = with(with(a, -2, inner), -1, n);
        if (a.length > 2) {
            b[0] = leading;
        }
        long[] out = with(a, -1, n);
        String name = "matmul %s*%s alpha%s %s-%s%s b%s"
                .formatted(sizes(a), sizes(b), alpha, lower(dtype), lower(result), la.suffix(), lb.suffix());
        double bytes = (elements(a) + elements(b)) * dtype.bytes() + elements(out) * result.bytes();
        return new OpCase(
                name, "matmul", precision(dtype, result), tolerance(inner), scale, 2 * elements(a) * n, bytes, s -> {
                    Tensor left = s.input(dtype, la, g -> g, a);
                    Tensor right = s.input(dtype, lb, g -> g, b);
                    Tensor y = s.output(result, la, out);
                    return () -> s.backend().matmul(left, right, alpha, y);
                });
    }
}
