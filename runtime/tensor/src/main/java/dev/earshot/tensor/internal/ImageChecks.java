package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.util.Arrays;

/** The argument checks of the ops on pictures: convolution, patches, pooling, resampling, normalising; see {@link OpChecks}. */
public final class ImageChecks {
    private static final int CHANNELS = 3;

    private ImageChecks() {}

    public static void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out) {
        rank("normalizeImage x", x, 4);
        dtype("normalizeImage x", x, DType.U8);
        argument(x.dim(3) == CHANNELS, "normalizeImage x", "expected [B, H, W, 3], got %s", x);
        shape("normalizeImage out", out, x.dim(0), CHANNELS, x.dim(1), x.dim(2));
        dtype("normalizeImage out", out, DType.F32, DType.BF16);
        OpChecks.contiguous("normalizeImage x", x);
        OpChecks.contiguous("normalizeImage out", out);
        argument(
                mean.length == CHANNELS,
                "normalizeImage mean",
                "expected one number per channel, got %s",
                Arrays.toString(mean));
        boolean positive = std.length == CHANNELS && std[0] > 0 && std[1] > 0 && std[2] > 0;
        argument(
                positive,
                "normalizeImage std",
                "expected one positive number per channel, got %s",
                Arrays.toString(std));
    }

    public static void conv2d(Tensor x, Convolution convolution, Tensor out) {
        rank("conv2d x", x, 4);
        dtype("conv2d x", x, convolution.computeType());
        long channels = convolution.weightShape().dim(1) * convolution.options().groups();
        argument(x.dim(1) == channels, "conv2d x", "expected [B, %d, H, W], got %s", channels, x);
        Shape weight = convolution.weightShape();
        var o = convolution.options();
        window(
                "conv2d x",
                x,
                o.padY(),
                o.padX(),
                o.dilationY() * (weight.dim(2) - 1) + 1,
                o.dilationX() * (weight.dim(3) - 1) + 1);
        shape("conv2d out", out, convolution.outputShape(x.shape()));
        dtype("conv2d out", out, OpChecks.REAL);
        OpChecks.contiguous("conv2d x", x);
        OpChecks.contiguous("conv2d out", out);
        OpChecks.distinct("conv2d out", x, out);
    }

    public static void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        rank("unfold x", x, 4);
        dtype("unfold x", x, OpChecks.REAL);
        argument(
                kernelY >= 1 && kernelX >= 1 && strideY >= 1 && strideX >= 1,
                "unfold kernel and stride",
                "expected >= 1, got kernel %d,%d stride %d,%d",
                kernelY,
                kernelX,
                strideY,
                strideX);
        window("unfold x", x, 0, 0, kernelY, kernelX);
        long rows = (x.dim(2) - kernelY) / strideY + 1;
        long columns = (x.dim(3) - kernelX) / strideX + 1;
        shape("unfold out", out, x.dim(0), rows * columns, x.dim(1) * kernelY * kernelX);
        dtype("unfold out", out, OpChecks.REAL);
        OpChecks.dense("unfold x", x);
        OpChecks.dense("unfold out", out);
        OpChecks.distinct("unfold out", x, out);
    }

    public static void pool2d(Tensor x, int kernel, int stride, int pad, Tensor out) {
        rank("pool2d x", x, 4);
        dtype("pool2d x", x, OpChecks.REAL);
        argument(
                kernel >= 1 && stride >= 1 && pad >= 0 && 2 * pad <= kernel,
                "pool2d kernel",
                "expected kernel and stride >= 1 and 0 <= pad <= kernel / 2, got kernel %d stride %d pad %d",
                kernel,
                stride,
                pad);
        window("pool2d x", x, pad, pad, kernel, kernel);
        long height = (x.dim(2) + 2L * pad - kernel) / stride + 1;
        long width = (x.dim(3) + 2L * pad - kernel) / stride + 1;
        shape("pool2d out", out, x.dim(0), x.dim(1), height, width);
        dtype("pool2d out", out, OpChecks.REAL);
        OpChecks.dense("pool2d x", x);
        OpChecks.dense("pool2d out", out);
        OpChecks.distinct("pool2d out", x, out);
    }

    private static void window(String what, Tensor x, long padY, long padX, long height, long width) {
        argument(
                x.dim(2) + 2 * padY >= height && x.dim(3) + 2 * padX >= width,
                what,
                "expected at least one window of %d x %d in the padded image, got %s with padding %d,%d",
                height,
                width,
                x,
                padY,
                padX);
    }

    public static void resize(Tensor x, double stepY, double stepX, Tensor out) {
        rank("resize x", x, 4);
        rank("resize out", out, 4);
        dtype("resize x", x, OpChecks.REAL);
        dtype("resize out", out, OpChecks.REAL);
        argument(
                out.dim(0) == x.dim(0) && out.dim(1) == x.dim(1),
                "resize out",
                "expected [%d, %d, OH, OW], got %s",
                x.dim(0),
                x.dim(1),
                out);
        argument(
                x.shape().elements() > 0 || out.shape().elements() == 0,
                "resize x",
                "expected at least one element for out %s, got %s",
                out.shape(),
                x);
        if (out.shape().elements() > 0) {
            boolean steps = Double.isFinite(stepY) && Double.isFinite(stepX) && stepY > 0 && stepX > 0;
            argument(steps, "resize step", "expected finite steps > 0, got %s, %s", stepY, stepX);
        }
        OpChecks.dense("resize x", x);
        OpChecks.dense("resize out", out);
        OpChecks.distinct("resize out", x, out);
    }
}
