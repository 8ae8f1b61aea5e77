package dev.earshot.tensor.reference;

import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import java.util.Arrays;

/** Definitions of the ops that move a window over an image. */
final class ConvolutionOps {
    private ConvolutionOps() {}

    /** y[b, o, i, j] = bias[o] + sum over c, ky, kx of w[o, c, ky, kx] * x[b, group's c, i * stride + ky * dilation - pad, …]. */
    static void conv2d(Tensor x, ReferenceConvolution layer, Tensor out, Rounding rounding) {
        double[] image = rounding.operands(Elements.read(x));
        int channels = Math.toIntExact(x.dim(1));
        int height = Math.toIntExact(x.dim(2));
        int width = Math.toIntExact(x.dim(3));
        int outputs = Math.toIntExact(out.dim(1));
        int area = Math.toIntExact(out.dim(2) * out.dim(3));
        int perGroup = Math.toIntExact(layer.weightShape().dim(1));
        int groupOutputs = outputs / layer.options().groups();
        double[] y = new double[Math.toIntExact(out.shape().elements())];
        double[] sum = new double[area];
        for (int batch = 0; batch < x.dim(0); batch++) {
            for (int o = 0; o < outputs; o++) {
                Arrays.fill(sum, 0);
                for (int c = 0; c < perGroup; c++) {
                    int channel = o / groupOutputs * perGroup + c;
                    int plane = (batch * channels + channel) * height * width;
                    addKernel(sum, image, plane, height, width, layer, o * perGroup + c, Math.toIntExact(out.dim(3)));
                }
                for (int i = 0; i < area; i++) {
                    y[(batch * outputs + o) * area + i] = rounding.round(sum[i] + layer.bias(o));
                }
            }
        }
        Elements.write(y, out);
    }

    /** Adds one input plane convolved with one kernel to the output plane {@code sum}. */
    private static void addKernel(
            double[] sum,
            double[] image,
            int plane,
            int height,
            int width,
            ReferenceConvolution layer,
            int kernel,
            int outWidth) {
        ConvolutionOptions o = layer.options();
        int kernelY = Math.toIntExact(layer.weightShape().dim(2));
        int kernelX = Math.toIntExact(layer.weightShape().dim(3));
        int outHeight = outWidth == 0 ? 0 : sum.length / outWidth;
        for (int ky = 0; ky < kernelY; ky++) {
            for (int kx = 0; kx < kernelX; kx++) {
                double weight = layer.weight()[(kernel * kernelY + ky) * kernelX + kx];
                for (int i = 0; i < outHeight; i++) {
                    int sourceY = i * o.strideY() + ky * o.dilationY() - o.padY();
                    for (int j = 0; j < outWidth; j++) {
                        int sourceX = j * o.strideX() + kx * o.dilationX() - o.padX();
                        if (sourceY >= 0 && sourceY < height && sourceX >= 0 && sourceX < width) {
                            sum[i * outWidth + j] += weight * image[plane + sourceY * width + sourceX];
                        }
                    }
                }
            }
        }
    }

    /** out[b, patch, (c, ky, kx)] = x[b, c, patchY * strideY + ky, patchX * strideX + kx]. */
    static void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out, Rounding rounding) {
        double[] image = Elements.read(x);
        int channels = Math.toIntExact(x.dim(1));
        int height = Math.toIntExact(x.dim(2));
        int width = Math.toIntExact(x.dim(3));
        int columns = (width - kernelX) / strideX + 1;
        double[] patch = new double[Elements.rowLength(out)];
        for (int row = 0; row < Elements.rows(out); row++) {
            int batch = row / Math.toIntExact(out.dim(1));
            int index = row % Math.toIntExact(out.dim(1));
            int top = index / columns * strideY;
            int left = index % columns * strideX;
            int at = 0;
            for (int c = 0; c < channels; c++) {
                for (int ky = 0; ky < kernelY; ky++) {
                    for (int kx = 0; kx < kernelX; kx++) {
                        int source = ((batch * channels + c) * height + top + ky) * width + left + kx;
                        patch[at++] = rounding.round(image[source]);
                    }
                }
            }
            Elements.writeRow(patch, 0, out, row);
        }
    }

    static void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out, Rounding rounding) {
        double[] image = Elements.read(x);
        int height = Math.toIntExact(x.dim(2));
        int width = Math.toIntExact(x.dim(3));
        int outHeight = Math.toIntExact(out.dim(2));
        int outWidth = Math.toIntExact(out.dim(3));
        double[] y = new double[Math.toIntExact(out.shape().elements())];
        for (int at = 0; at < y.length; at++) {
            int plane = at / (outHeight * outWidth);
            int top = at / outWidth % outHeight * stride - pad;
            int left = at % outWidth * stride - pad;
            double max = Double.NEGATIVE_INFINITY;
            double sum = 0;
            int inside = 0;
            for (int row = Math.max(top, 0); row < Math.min(top + kernel, height); row++) {
                for (int column = Math.max(left, 0); column < Math.min(left + kernel, width); column++) {
                    double value = image[(plane * height + row) * width + column];
                    max = Math.max(max, value);
                    sum += value;
                    inside++;
                }
            }
            y[at] = rounding.round(
                    switch (op) {
                        case MAX -> max;
                        case AVERAGE -> sum / (kernel * kernel);
                        case AVERAGE_EXCLUDING_PADDING -> sum / inside;
                    });
        }
        Elements.write(y, out);
    }
}
