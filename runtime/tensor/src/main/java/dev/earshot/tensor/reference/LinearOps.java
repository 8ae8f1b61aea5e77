package dev.earshot.tensor.reference;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import java.util.Arrays;

/** Definitions of the products. */
final class LinearOps {
    /** Columns of y computed at a time, so that this part of W stays in cache while all rows of x pass by. */
    private static final int COLUMNS = 256;

    private LinearOps() {}

    /** y = activation(x W^T + b). */
    static void linear(Tensor x, ReferenceLinear layer, Activation activation, Tensor out, Rounding rounding) {
        Elements.write(product(x, layer, activation, Elements.rows(out), rounding), out);
    }

    /** y = residual + activation(x W^T + b). */
    static void linear(
            Tensor x, ReferenceLinear layer, Activation activation, Tensor residual, Tensor out, Rounding rounding) {
        double[] y = product(x, layer, activation, Elements.rows(out), rounding);
        double[] added = Elements.read(residual);
        for (int i = 0; i < y.length; i++) {
            y[i] = rounding.round(added[i] + y[i]);
        }
        Elements.write(y, out);
    }

    private static double[] product(
            Tensor x, ReferenceLinear layer, Activation activation, long rowCount, Rounding rounding) {
        double[] values = rounding.operands(Elements.read(x));
        int in = layer.in();
        int width = layer.out();
        int rows = Math.toIntExact(rowCount);
        if (layer.int8().isPresent()) {
            double[] y = layer.int8().get().apply(values, rows, layer.biases());
            Arrays.setAll(y, i -> ElementwiseOps.apply(activation, y[i]));
            return y;
        }
        double[] y = new double[Math.multiplyExact(rows, width)];
        double[] sum = new double[COLUMNS];
        for (int from = 0; from < width; from += COLUMNS) {
            int count = Math.min(COLUMNS, width - from);
            for (int row = 0; row < rows; row++) {
                Arrays.fill(sum, 0);
                for (int k = 0; k < in; k++) {
                    addScaled(sum, values[row * in + k], layer.transposed(), k * width + from, count);
                }
                for (int j = 0; j < count; j++) {
                    double biased = rounding.round(sum[j] + layer.bias(from + j));
                    y[row * width + from + j] = rounding.round(ElementwiseOps.apply(activation, biased));
                }
            }
        }
        return y;
    }

    /** sum[j] += scale * row[at + j]; the one inner loop, in a shape that the JIT turns into vector instructions. */
    private static void addScaled(double[] sum, double scale, float[] row, int at, int count) {
        for (int j = 0; j < count; j++) {
            sum[j] += scale * row[at + j];
        }
    }

    /** out = alpha * a b over all leading axes, b repeated where its leading size is 1. */
    static void matmul(Tensor a, Tensor b, float alpha, Tensor out, Rounding rounding) {
        int rank = a.shape().rank();
        long[] dims = a.shape().toArray();
        dims[rank - 2] = b.dim(-2);
        dims[rank - 1] = b.dim(-1);
        double[] left = rounding.operands(Elements.read(a));
        double[] right = rounding.operands(Elements.read(b.broadcast(dims)));
        int m = Math.toIntExact(a.dim(-2));
        int inner = Math.toIntExact(a.dim(-1));
        int n = Math.toIntExact(b.dim(-1));
        double[] y = new double[Math.toIntExact(out.shape().elements())];
        int batches = y.length == 0 ? 0 : y.length / (m * n);
        double[] sum = new double[n];
        for (int batch = 0; batch < batches; batch++) {
            for (int i = 0; i < m; i++) {
                Arrays.fill(sum, 0);
                for (int k = 0; k < inner; k++) {
                    double scale = left[(batch * m + i) * inner + k];
                    int at = (batch * inner + k) * n;
                    for (int j = 0; j < n; j++) {
                        sum[j] += scale * right[at + j];
                    }
                }
                for (int j = 0; j < n; j++) {
                    y[(batch * m + i) * n + j] = rounding.round(alpha * rounding.round(sum[j]));
                }
            }
        }
        Elements.write(y, out);
    }
}
