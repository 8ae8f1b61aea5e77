package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.precision;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of conv2d, unfold and pool2d. */
final class ConvolutionCases {
    private ConvolutionCases() {}

    static void addTo(Consumer<OpCase> rows) {
        for (DType dtype : Rows.COMPUTE) {
            convolutions(rows, dtype);
        }
        unfolds(rows);
        pools(rows);
    }

    private static void convolutions(Consumer<OpCase> rows, DType dtype) {
        ConvolutionOptions unit = ConvolutionOptions.of(1, 0);
        ConvolutionOptions same = ConvolutionOptions.of(1, 1);
        ConvolutionOptions half = ConvolutionOptions.of(2, 1);
        ConvolutionOptions uneven = new ConvolutionOptions(2, 3, 1, 2, 1, 1, 1);
        ConvolutionOptions dilated = new ConvolutionOptions(1, 2, 2, 3, 2, 3, 1);
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, unit, true, new long[] {1, 1, 1, 1}, 1, 1, 1, 1));
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, unit, false, new long[] {2, 3, 5, 7}, 4, 3, 1, 1));
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, same, true, new long[] {1, 3, 7, 5}, 5, 3, 3, 3));
        rows.accept(conv2d(Scale.SMALL, dtype, F32, same, true, new long[] {1, 16, 17, 15}, 17, 16, 3, 3));
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, half, true, new long[] {2, 17, 16, 16}, 15, 17, 3, 3));
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, uneven, true, new long[] {1, 5, 13, 19}, 7, 5, 3, 5));
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, dilated, true, new long[] {1, 3, 17, 23}, 4, 3, 3, 3));
        rows.accept(conv2d(Scale.SMALL, dtype, F32, same, true, new long[] {0, 3, 8, 8}, 4, 3, 3, 3));
        ConvolutionOptions groups = new ConvolutionOptions(1, 1, 1, 1, 1, 1, 3);
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, groups, true, new long[] {2, 6, 9, 11}, 9, 2, 3, 3));
        ConvolutionOptions depthwise = new ConvolutionOptions(1, 1, 1, 1, 1, 1, 16);
        rows.accept(conv2d(Scale.SMALL, dtype, dtype, depthwise, true, new long[] {1, 16, 11, 13}, 16, 1, 3, 3));
        // patch embeddings: ViT-B/16; ImageBind audio (overlapping patches of 16 at stride 10)
        ConvolutionOptions patch = ConvolutionOptions.of(16, 0);
        rows.accept(conv2d(Scale.MODEL, dtype, F32, patch, true, new long[] {1, 3, 224, 224}, 768, 3, 16, 16));
        ConvolutionOptions audio = ConvolutionOptions.of(10, 0);
        rows.accept(conv2d(Scale.MODEL, dtype, F32, audio, false, new long[] {1, 1, 128, 204}, 768, 1, 16, 16));
        // AdaAV's mixing of matched features, and a VGG block
        rows.accept(conv2d(Scale.MODEL, dtype, F32, same, true, new long[] {1, 128, 16, 16}, 128, 128, 3, 3));
        rows.accept(conv2d(Scale.BENCH, dtype, dtype, same, true, new long[] {1, 128, 48, 64}, 256, 128, 3, 3));
    }

    private static OpCase conv2d(
            Scale scale, DType dtype, DType to, ConvolutionOptions o, boolean bias, long[] x, long... weight) {
        long height = (x[2] + 2L * o.padY() - o.dilationY() * (weight[2] - 1) - 1) / o.strideY() + 1;
        long width = (x[3] + 2L * o.padX() - o.dilationX() * (weight[3] - 1) - 1) / o.strideX() + 1;
        long[] y = {x[0], weight[0], height, width};
        String name = "conv2d %s*%s s%d.%d p%d.%d d%d.%d g%d%s %s-%s"
                .formatted(
                        sizes(x),
                        sizes(weight),
                        o.strideY(),
                        o.strideX(),
                        o.padY(),
                        o.padX(),
                        o.dilationY(),
                        o.dilationX(),
                        o.groups(),
                        bias ? "" : " nobias",
                        lower(dtype),
                        lower(to));
        long terms = weight[1] * weight[2] * weight[3];
        double flops = 2 * elements(y) * terms;
        double bytes = (elements(x) + elements(weight)) * dtype.bytes() + elements(y) * to.bytes();
        return new OpCase(name, "conv2d", precision(dtype, to), Rows.tolerance(terms), scale, flops, bytes, s -> {
            Tensor image = s.input(dtype, x);
            Convolution layer = s.convolution(dtype, o, bias, weight);
            Tensor out = s.output(to, y);
            return () -> s.backend().conv2d(image, layer, out);
        });
    }

    private static void unfolds(Consumer<OpCase> rows) {
        rows.accept(unfold(Scale.SMALL, F32, F32, new long[] {1, 1, 1, 1}, 1, 1));
        rows.accept(unfold(Scale.SMALL, F32, BF16, new long[] {2, 3, 9, 7}, 3, 2));
        rows.accept(unfold(Scale.SMALL, BF16, BF16, new long[] {1, 2, 17, 19}, 5, 5));
        rows.accept(unfold(Scale.SMALL, F32, F32, new long[] {0, 3, 8, 8}, 4, 4));
        rows.accept(unfold(Scale.MODEL, F32, F32, new long[] {1, 3, 224, 224}, 14, 14));
        rows.accept(unfold(Scale.MODEL, F32, BF16, new long[] {1, 1, 128, 204}, 16, 10));
    }

    private static OpCase unfold(Scale scale, DType from, DType to, long[] x, int kernel, int stride) {
        long patches = ((x[2] - kernel) / stride + 1) * ((x[3] - kernel) / stride + 1);
        long[] y = {x[0], patches, x[1] * kernel * kernel};
        String name = "unfold %s k%d s%d %s-%s".formatted(sizes(x), kernel, stride, lower(from), lower(to));
        double bytes = elements(x) * from.bytes() + elements(y) * to.bytes();
        return new OpCase(name, "unfold", precision(from, to), OpCase.TOLERANCE, scale, 0, bytes, s -> {
            Tensor image = s.input(from, x);
            Tensor out = s.output(to, y);
            return () -> s.backend().unfold(image, kernel, kernel, stride, stride, out);
        });
    }

    private static void pools(Consumer<OpCase> rows) {
        for (PoolOp op : PoolOp.values()) {
            rows.accept(pool2d(Scale.SMALL, op, F32, F32, new long[] {1, 1, 1, 1}, 1, 1, 0));
            rows.accept(pool2d(Scale.SMALL, op, F32, F32, new long[] {2, 3, 7, 5}, 2, 2, 0));
            rows.accept(pool2d(Scale.SMALL, op, F32, BF16, new long[] {1, 5, 17, 16}, 3, 2, 1));
            rows.accept(pool2d(Scale.SMALL, op, BF16, BF16, new long[] {1, 17, 13, 19}, 5, 3, 2));
            rows.accept(pool2d(Scale.SMALL, op, F32, F32, new long[] {0, 2, 4, 4}, 2, 2, 0));
            rows.accept(pool2d(Scale.MODEL, op, F32, F32, new long[] {1, 64, 96, 64}, 2, 2, 0));
        }
    }

    private static OpCase pool2d(
            Scale scale, PoolOp op, DType from, DType to, long[] x, int kernel, int stride, int pad) {
        long height = (x[2] + 2L * pad - kernel) / stride + 1;
        long width = (x[3] + 2L * pad - kernel) / stride + 1;
        long[] y = {x[0], x[1], height, width};
        String name = "pool2d %s %s k%d s%d p%d %s-%s"
                .formatted(lower(op), sizes(x), kernel, stride, pad, lower(from), lower(to));
        double bytes = elements(x) * from.bytes() + elements(y) * to.bytes();
        double flops = elements(y) * kernel * kernel;
        return new OpCase(name, "pool2d", precision(from, to), OpCase.TOLERANCE, scale, flops, bytes, s -> {
            Tensor image = s.input(from, x);
            Tensor out = s.output(to, y);
            return () -> s.backend().pool2d(image, op, kernel, stride, pad, out);
        });
    }
}
