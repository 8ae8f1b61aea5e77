package dev.earshot.tensor.internal;

import static dev.earshot.tensor.internal.CheckedCalls.f32;
import static dev.earshot.tensor.internal.CheckedCalls.of;
import static dev.earshot.tensor.internal.CheckedCalls.refused;
import static dev.earshot.tensor.internal.CheckedCalls.turned;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import org.junit.jupiter.api.Test;

class ImageChecksTest {
    private static final float[] HALF = {0.5f, 0.5f, 0.5f};

    private static final DType F32 = DType.F32;
    private static final DType BF16 = DType.BF16;
    private static final DType I32 = DType.I32;

    /** A convolution of which only the outside matters. */
    private record Kernel(Shape weightShape, ConvolutionOptions options, DType computeType) implements Convolution {}

    private static void refusedPicture(String message, Tensor x, float[] mean, float[] std, Tensor out) {
        refused(message, () -> ImageChecks.normalizeImage(x, mean, std, out));
    }

    @Test
    void normalizeImageTakesBytesOfThreeChannels() {
        Tensor x = of(DType.U8, 2, 4, 5, 3);
        Tensor out = of(DType.F32, 2, 3, 4, 5);
        ImageChecks.normalizeImage(x, HALF, HALF, out);
        refusedPicture(
                "normalizeImage x: expected dtype [U8], got f32 [2, 4, 5, 3]",
                of(DType.F32, 2, 4, 5, 3),
                HALF,
                HALF,
                out);
        refusedPicture(
                "normalizeImage x: expected [B, H, W, 3], got u8 [2, 4, 5, 4]",
                of(DType.U8, 2, 4, 5, 4),
                HALF,
                HALF,
                out);
        refusedPicture(
                "normalizeImage out: expected shape [2, 3, 4, 5], got f32 [2, 3, 5, 4]",
                x,
                HALF,
                HALF,
                out.reshape(2, 3, 5, 4));
        refusedPicture(
                "normalizeImage mean: expected one number per channel, got [0.5]", x, new float[] {0.5f}, HALF, out);
        refusedPicture(
                "normalizeImage std: expected one positive number per channel, got [1.0, 0.0, 1.0]",
                x,
                HALF,
                new float[] {1, 0, 1},
                out);
    }

    @Test
    void convolutionArgumentsAreNamedWhenWrong() {
        Convolution plain = new Kernel(Shape.of(6, 2, 3, 3), new ConvolutionOptions(1, 1, 0, 0, 1, 1, 2), F32);
        Tensor x = f32(1, 4, 5, 6);
        ImageChecks.conv2d(x, plain, of(BF16, 1, 6, 3, 4));
        refused("conv2d x: expected rank 4, got f32 [4, 5, 6]", () -> ImageChecks.conv2d(f32(4, 5, 6), plain, x));
        refused(
                "conv2d x: expected dtype [F32], got bf16 [1, 4, 5, 6]",
                () -> ImageChecks.conv2d(of(BF16, 1, 4, 5, 6), plain, x));
        refused(
                "conv2d x: expected [B, 4, H, W], got f32 [1, 3, 5, 6]",
                () -> ImageChecks.conv2d(f32(1, 3, 5, 6), plain, x));
        refused(
                "conv2d x: expected at least one window of 3 x 3 in the padded image, got f32 [1, 4, 2, 6] with padding 0,0",
                () -> ImageChecks.conv2d(f32(1, 4, 2, 6), plain, x));
        refused(
                "conv2d out: expected shape [1, 6, 3, 4], got f32 [1, 6, 5, 6]",
                () -> ImageChecks.conv2d(x, plain, f32(1, 6, 5, 6)));
        refused(
                "conv2d out: expected dtype [F32, BF16], got i32 [1, 6, 3, 4]",
                () -> ImageChecks.conv2d(x, plain, of(I32, 1, 6, 3, 4)));
        refused(
                "conv2d x: expected a contiguous tensor, got f32 [1, 4, 5, 6] strides [120, 30, 1, 5]; copy it first",
                () -> ImageChecks.conv2d(turned(1, 4, 5, 6), plain, f32(1, 6, 3, 4)));
        refused(
                "conv2d out: expected a contiguous tensor, got f32 [1, 6, 3, 4] strides [72, 12, 1, 3]; copy it first",
                () -> ImageChecks.conv2d(x, plain, turned(1, 6, 3, 4)));
        Convolution dilated = new Kernel(Shape.of(1, 4, 3, 3), new ConvolutionOptions(1, 1, 1, 2, 4, 5, 1), F32);
        refused(
                "conv2d x: expected at least one window of 9 x 11 in the padded image, got f32 [1, 4, 5, 6] with padding 1,2",
                () -> ImageChecks.conv2d(x, dilated, x));
        Convolution point = new Kernel(Shape.of(4, 4, 1, 1), ConvolutionOptions.of(1, 0), F32);
        refused(
                "conv2d out: expected memory of its own, got that of input f32 [1, 4, 5, 6]",
                () -> ImageChecks.conv2d(x, point, x));
    }

    @Test
    void unfoldAndPoolingArgumentsAreNamedWhenWrong() {
        Tensor x = f32(1, 2, 4, 6);
        ImageChecks.unfold(x, 2, 3, 2, 3, of(BF16, 1, 4, 12));
        refused("unfold x: expected rank 4, got f32 [4, 6]", () -> ImageChecks.unfold(f32(4, 6), 1, 1, 1, 1, x));
        refused(
                "unfold kernel and stride: expected >= 1, got kernel 2,3 stride 0,1",
                () -> ImageChecks.unfold(x, 2, 3, 0, 1, x));
        refused(
                "unfold x: expected at least one window of 5 x 3 in the padded image, got f32 [1, 2, 4, 6] with padding 0,0",
                () -> ImageChecks.unfold(x, 5, 3, 1, 1, x));
        refused(
                "unfold out: expected shape [1, 4, 12], got f32 [1, 4, 6]",
                () -> ImageChecks.unfold(x, 2, 3, 2, 3, f32(1, 4, 6)));
        ImageChecks.pool2d(x, 2, 2, 1, f32(1, 2, 3, 4));
        refused(
                "pool2d x: expected dtype [F32, BF16], got i32 [1, 2, 4, 6]",
                () -> ImageChecks.pool2d(of(I32, 1, 2, 4, 6), 2, 2, 0, x));
        refused(
                "pool2d kernel: expected kernel and stride >= 1 and 0 <= pad <= kernel / 2, got kernel 2 stride 2 pad 2",
                () -> ImageChecks.pool2d(x, 2, 2, 2, x));
        refused(
                "pool2d x: expected at least one window of 5 x 5 in the padded image, got f32 [1, 2, 4, 6] with padding 0,0",
                () -> ImageChecks.pool2d(x, 5, 1, 0, x));
        refused(
                "pool2d out: expected shape [1, 2, 2, 3], got f32 [1, 2, 4, 6]",
                () -> ImageChecks.pool2d(x, 2, 2, 0, f32(1, 2, 4, 6)));
        refused(
                "pool2d out: expected memory of its own, got that of input f32 [1, 2, 4, 6]",
                () -> ImageChecks.pool2d(x, 1, 1, 0, x));
    }

    @Test
    void resizeArgumentsAreNamedWhenWrong() {
        Tensor x = f32(1, 2, 4, 6);
        ImageChecks.resize(x, 1, 1, of(BF16, 1, 2, 9, 1));
        ImageChecks.resize(f32(1, 0, 4, 6), 1, 1, f32(1, 0, 9, 1));
        ImageChecks.resize(x, Double.POSITIVE_INFINITY, 1, f32(1, 2, 0, 6));
        refused("resize x: expected rank 4, got f32 [4, 6]", () -> ImageChecks.resize(f32(4, 6), 1, 1, x));
        refused("resize out: expected rank 4, got f32 [4, 6]", () -> ImageChecks.resize(x, 1, 1, f32(4, 6)));
        refused(
                "resize out: expected [1, 2, OH, OW], got f32 [1, 3, 4, 6]",
                () -> ImageChecks.resize(x, 1, 1, f32(1, 3, 4, 6)));
        refused(
                "resize x: expected at least one element for out [1, 2, 4, 6], got f32 [1, 2, 0, 6]",
                () -> ImageChecks.resize(f32(1, 2, 0, 6), 0, 1, x));
        refused(
                "resize step: expected finite steps > 0, got NaN, 1.0",
                () -> ImageChecks.resize(x, Double.NaN, 1, f32(1, 2, 9, 9)));
        refused(
                "resize step: expected finite steps > 0, got 1.0, 0.0",
                () -> ImageChecks.resize(x, 1, 0, f32(1, 2, 9, 9)));
        refused(
                "resize out: expected memory of its own, got that of input f32 [1, 2, 4, 6]",
                () -> ImageChecks.resize(x, 1, 1, x));
    }
}
