package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/** Definitions of the row-wise normalisations. */
final class NormOps {
    private NormOps() {}

    /** (x - mean) / sqrt(var + eps), biased variance. */
    static void layerNorm(Tensor x, float eps, Tensor out, Rounding rounding) {
        forEachRow(x, out, row -> {
            normalize(row, eps);
            rounding.round(row);
        });
    }

    /** (x - mean) / sqrt(var + eps) * gamma + beta. */
    static void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out, Rounding rounding) {
        double[] scale = Elements.read(gamma);
        double[] shift = Elements.read(beta);
        forEachRow(x, out, row -> {
            normalize(row, eps);
            for (int i = 0; i < row.length; i++) {
                row[i] = rounding.round(row[i] * scale[i] + shift[i]);
            }
        });
    }

    /** In place; returns 1 / sqrt(var + eps). */
    static double normalize(double[] row, double eps) {
        double mean = 0;
        for (double value : row) {
            mean += value;
        }
        mean /= row.length;
        double variance = 0;
        for (double value : row) {
            variance += (value - mean) * (value - mean);
        }
        double scale = 1 / Math.sqrt(variance / row.length + eps);
        for (int i = 0; i < row.length; i++) {
            row[i] = (row[i] - mean) * scale;
        }
        return scale;
    }

    static void softmax(Tensor x, float scale, Tensor out, Rounding rounding) {
        forEachRow(x, out, row -> {
            for (int i = 0; i < row.length; i++) {
                row[i] = rounding.round(scale * row[i]);
            }
            softmax(row);
            rounding.round(row);
        });
    }

    /** exp(x - max) / sum of exp(x - max). A row of nothing but minus infinity has no distribution: NaN. */
    static void softmax(double[] row) {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : row) {
            max = Math.max(max, value);
        }
        double sum = 0;
        for (int i = 0; i < row.length; i++) {
            row[i] = Math.exp(row[i] - max);
            sum += row[i];
        }
        for (int i = 0; i < row.length; i++) {
            row[i] /= sum;
        }
    }

    /** x / max(|x|, eps). */
    static void l2Normalize(Tensor x, float eps, Tensor out, Rounding rounding) {
        forEachRow(x, out, row -> {
            double squares = 0;
            for (double value : row) {
                squares += value * value;
            }
            double norm = rounding.round(Math.max(Math.sqrt(squares), eps));
            for (int i = 0; i < row.length; i++) {
                row[i] = rounding.round(row[i] / norm);
            }
        });
    }

    /** Changes a row in place. */
    private interface RowFunction {
        void apply(double[] row);
    }

    private static void forEachRow(Tensor x, Tensor out, RowFunction function) {
        double[] row = new double[Elements.rowLength(x)];
        for (long r = 0; r < Elements.rows(x); r++) {
            Elements.readRow(x, r, row, 0);
            function.apply(row);
            Elements.writeRow(row, 0, out, r);
        }
    }
}
