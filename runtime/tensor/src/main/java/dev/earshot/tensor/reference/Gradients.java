package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/** How the backward ops read and write gradients: rounded as {@link Rounding} says, and always added. */
final class Gradients {
    private Gradients() {}

    /** All elements of a gradient, row-major, as the model of {@code rounding} would hold them. */
    static double[] read(Tensor gradient, Rounding rounding) {
        double[] values = Elements.read(gradient);
        rounding.round(values);
        return values;
    }

    /** gradient += contribution. */
    static void add(double[] contribution, Tensor gradient, Rounding rounding) {
        double[] sum = Elements.read(gradient);
        for (int i = 0; i < sum.length; i++) {
            sum[i] = rounding.round(sum[i] + rounding.round(contribution[i]));
        }
        Elements.write(sum, gradient);
    }

    /** The last axis of x as a row of the contribution to its gradient, row by row. */
    @FunctionalInterface
    interface RowBackward {
        /** Turns {@code grad}, a row of the gradient of the result, into one of the gradient of the argument {@code x}. */
        void apply(double[] x, double[] grad);
    }

    /** gradX += backward(x, gradOut) for every row. */
    static void addRows(Tensor x, Tensor gradOut, Tensor gradX, Rounding rounding, RowBackward backward) {
        double[] row = new double[Elements.rowLength(x)];
        double[] grad = new double[row.length];
        double[] sum = new double[row.length];
        for (long r = 0; r < Elements.rows(x); r++) {
            Elements.readRow(x, r, row, 0);
            Elements.readRow(gradOut, r, grad, 0);
            rounding.round(grad);
            backward.apply(row, grad);
            Elements.readRow(gradX, r, sum, 0);
            for (int i = 0; i < sum.length; i++) {
                sum[i] = rounding.round(sum[i] + rounding.round(grad[i]));
            }
            Elements.writeRow(sum, 0, gradX, r);
        }
    }
}
