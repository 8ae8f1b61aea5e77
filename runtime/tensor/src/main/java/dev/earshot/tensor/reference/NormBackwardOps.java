package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import java.util.Arrays;

/** Definitions of the backward ops of the row-wise normalisations. */
final class NormBackwardOps {
    private NormBackwardOps() {}

    /** Backward of the layer norm in x, without learned weights. */
    static void layerNorm(Tensor x, float eps, Tensor gradOut, Tensor gradX, Rounding rounding) {
        double[] ones = new double[Elements.rowLength(x)];
        Arrays.fill(ones, 1);
        layerNorm(x, ones, eps, gradOut, gradX, rounding);
    }

    /** Backward of the layer norm in x. */
    static void layerNorm(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX, Rounding rounding) {
        layerNorm(x, Elements.read(gamma), eps, gradOut, gradX, rounding);
    }

    /** With n = (x - mean) / s and d = gamma * grad: (d - mean(d) - n * mean(d * n)) / s. */
    private static void layerNorm(
            Tensor x, double[] gamma, double eps, Tensor gradOut, Tensor gradX, Rounding rounding) {
        Gradients.addRows(x, gradOut, gradX, rounding, (row, grad) -> {
            double scale = NormOps.normalize(row, eps);
            double mean = 0;
            double projection = 0;
            for (int i = 0; i < row.length; i++) {
                grad[i] *= gamma[i];
                mean += grad[i] / row.length;
                projection += grad[i] * row[i] / row.length;
            }
            for (int i = 0; i < row.length; i++) {
                grad[i] = scale * (grad[i] - mean - row[i] * projection);
            }
        });
    }

    /** Backward of the layer norm in its parameters: sums over rows of grad * (x - mean) / s, and of grad. */
    static void layerNormParameters(
            Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta, Rounding rounding) {
        double[] row = new double[Elements.rowLength(x)];
        double[] grad = new double[row.length];
        double[] gamma = new double[row.length];
        double[] beta = new double[row.length];
        for (long r = 0; r < Elements.rows(x); r++) {
            Elements.readRow(x, r, row, 0);
            Elements.readRow(gradOut, r, grad, 0);
            rounding.round(grad);
            NormOps.normalize(row, eps);
            rounding.round(row);
            for (int i = 0; i < row.length; i++) {
                gamma[i] += grad[i] * row[i];
                beta[i] += grad[i];
            }
        }
        Gradients.add(gamma, gradGamma, rounding);
        Gradients.add(beta, gradBeta, rounding);
    }

    /** scale * y * (grad - sum(grad * y)). */
    static void softmax(Tensor y, float scale, Tensor gradOut, Tensor gradX, Rounding rounding) {
        Gradients.addRows(y, gradOut, gradX, rounding, (row, grad) -> {
            softmax(row, grad);
            for (int i = 0; i < row.length; i++) {
                grad[i] *= scale;
            }
        });
    }

    /** grad = y * (grad - sum(grad * y)), for a row y of softmax. */
    static void softmax(double[] y, double[] grad) {
        double projection = 0;
        for (int i = 0; i < y.length; i++) {
            projection += grad[i] * y[i];
        }
        for (int i = 0; i < y.length; i++) {
            grad[i] = y[i] * (grad[i] - projection);
        }
    }

    /** With y = x / |x|: (grad - y * sum(grad * y)) / |x|; grad / eps for a row shorter than eps. */
    static void l2Normalize(Tensor x, float eps, Tensor gradOut, Tensor gradX, Rounding rounding) {
        Gradients.addRows(x, gradOut, gradX, rounding, (row, grad) -> {
            double squares = 0;
            double projection = 0;
            for (int i = 0; i < row.length; i++) {
                squares += row[i] * row[i];
                projection += grad[i] * row[i];
            }
            double norm = Math.sqrt(squares);
            double along = norm < eps ? 0 : projection / squares;
            for (int i = 0; i < row.length; i++) {
                grad[i] = (grad[i] - row[i] * along) / Math.max(norm, eps);
            }
        });
    }
}
