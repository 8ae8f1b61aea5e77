package dev.earshot.tensor.reference;

import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/** Definition of image resampling, separable: a few weighted source positions per output row and column. */
final class ResizeOps {
    /** The constant of cubic convolution in PyTorch's interpolate (OpenCV's too; PIL uses -0.5). */
    private static final double CUBIC_A = -0.75;

    private ResizeOps() {}

    static void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out, Rounding rounding) {
        double[] image = Elements.read(x);
        int height = Math.toIntExact(x.dim(2));
        int width = Math.toIntExact(x.dim(3));
        int outHeight = Math.toIntExact(out.dim(2));
        int outWidth = Math.toIntExact(out.dim(3));
        double[] y = new double[Math.toIntExact(out.shape().elements())];
        Taps[] columns = new Taps[outWidth];
        for (int j = 0; j < outWidth; j++) {
            columns[j] = Taps.at((j + 0.5) * stepX, kind, width);
        }
        int planes = y.length == 0 ? 0 : y.length / (outHeight * outWidth);
        for (int i = 0; i < outHeight; i++) {
            Taps rows = Taps.at((i + 0.5) * stepY, kind, height);
            for (int plane = 0; plane < planes; plane++) {
                for (int j = 0; j < outWidth; j++) {
                    double sum = 0;
                    for (int r = 0; r < rows.index.length; r++) {
                        int source = (plane * height + rows.index[r]) * width;
                        double line = 0;
                        for (int c = 0; c < columns[j].index.length; c++) {
                            line += columns[j].weight[c] * image[source + columns[j].index[c]];
                        }
                        sum += rows.weight[r] * line;
                    }
                    y[(plane * outHeight + i) * outWidth + j] = rounding.round(sum);
                }
            }
        }
        Elements.write(y, out);
    }

    /** Source indices, clamped into the image, and their weights. */
    private record Taps(int[] index, double[] weight) {
        /** Taps of the output element whose centre lies {@code centre} source elements from the image's edge. */
        static Taps at(double centre, Interpolation kind, int size) {
            double source = centre - 0.5;
            int left = (int) Math.floor(source);
            double t = source - left;
            return switch (kind) {
                case NEAREST -> new Taps(clamp(size, (int) Math.floor(centre)), new double[] {1});
                case BILINEAR -> new Taps(clamp(size, left, left + 1), new double[] {1 - t, t});
                case BICUBIC ->
                    new Taps(
                            clamp(size, left - 1, left, left + 1, left + 2),
                            new double[] {outer(1 + t), inner(t), inner(1 - t), outer(2 - t)});
            };
        }

        private static int[] clamp(int size, int... index) {
            for (int i = 0; i < index.length; i++) {
                index[i] = Math.clamp(index[i], 0, size - 1);
            }
            return index;
        }

        /** The cubic kernel for a distance of at most 1. */
        private static double inner(double d) {
            return ((CUBIC_A + 2) * d - (CUBIC_A + 3)) * d * d + 1;
        }

        /** The cubic kernel for a distance between 1 and 2. */
        private static double outer(double d) {
            return ((CUBIC_A * d - 5 * CUBIC_A) * d + 8 * CUBIC_A) * d - 4 * CUBIC_A;
        }
    }
}
