package dev.earshot.tensor.reference;

import dev.earshot.tensor.AdamStep;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.internal.Elements;
import java.util.Arrays;

/** Definitions of the backward ops of elementwise functions and selecting reductions, and of the optimiser's step. */
final class ElementwiseBackwardOps {
    private ElementwiseBackwardOps() {}

    /** gradX += gradOut * op'(x). */
    static void unary(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX, Rounding rounding) {
        double[] values = Elements.read(x);
        double[] grad = Gradients.read(gradOut, rounding);
        for (int i = 0; i < values.length; i++) {
            grad[i] *= slope(op, values[i]);
        }
        Gradients.add(grad, gradX, rounding);
    }

    /** The derivative of {@code op} at x. */
    static double slope(UnaryOp op, double x) {
        return switch (op) {
            case RELU -> x > 0 ? 1 : 0;
            case GELU -> 0.5 * Erf.erfc(-x / Math.sqrt(2)) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            case QUICK_GELU -> {
                double sigmoid = ElementwiseOps.apply(UnaryOp.SIGMOID, 1.702 * x);
                yield sigmoid + 1.702 * x * sigmoid * (1 - sigmoid);
            }
            case SIGMOID -> {
                double sigmoid = ElementwiseOps.apply(UnaryOp.SIGMOID, x);
                yield sigmoid * (1 - sigmoid);
            }
            case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
            case EXP -> Math.exp(x);
            case LOG -> 1 / x;
            case SQRT -> 0.5 / Math.sqrt(x);
            case ABS -> Math.signum(x);
            case NEGATE -> -1;
        };
    }

    /** Backward of MAX, MIN and LOG_SUM_EXP along one axis. */
    static void reduce(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX, Rounding rounding) {
        // The axis last, so that what is reduced is a row.
        double[] grad = Gradients.read(gradOut, rounding);
        Tensor rows = x;
        Tensor gradRows = gradX;
        for (int at = x.shape().axis(axis); at < x.shape().rank() - 1; at++) {
            rows = rows.transpose(at, at + 1);
            gradRows = gradRows.transpose(at, at + 1);
        }
        double[] values = Elements.read(rows);
        int length = Elements.rowLength(rows);
        for (int row = 0; row < (length == 0 ? 0 : grad.length); row++) {
            share(op, values, row * length, length, grad[row]);
        }
        Gradients.add(values, gradRows, rounding);
    }

    /** Replaces {@code values[from …]} by their shares of {@code grad}. */
    private static void share(ReduceOp op, double[] values, int from, int length, double grad) {
        double sign = op == ReduceOp.MIN ? -1 : 1;
        int best = from;
        for (int i = from + 1; i < from + length; i++) {
            boolean firstNaN = Double.isNaN(values[i]) && !Double.isNaN(values[best]);
            best = firstNaN || sign * values[i] > sign * values[best] ? i : best;
        }
        if (op != ReduceOp.LOG_SUM_EXP) {
            Arrays.fill(values, from, from + length, 0);
            values[best] = grad;
        } else if (values[best] == Double.NEGATIVE_INFINITY) {
            Arrays.fill(values, from, from + length, 0); // the value of such a row depends on none of its elements
        } else {
            double extreme = values[best];
            double sum = 0;
            for (int i = from; i < from + length; i++) {
                values[i] = Math.exp(values[i] - extreme);
                sum += values[i];
            }
            for (int i = from; i < from + length; i++) {
                values[i] *= grad / sum;
            }
        }
    }

    /** One step of Adam; see {@link AdamStep}. */
    static void adam(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        double[] p = Elements.read(parameter);
        double[] g = Elements.read(gradient);
        double[] m = Elements.read(firstMoment);
        double[] v = Elements.read(secondMoment);
        double[] s = Elements.read(scalars);
        for (int i = 0; i < p.length; i++) {
            double slope = s[AdamStep.GRADIENT_SCALE] * g[i] + s[7] * p[i];
            m[i] = s[0] * m[i] + s[1] * slope;
            v[i] = s[2] * v[i] + s[3] * slope * slope;
            p[i] = s[8] * p[i] - s[4] * m[i] / (Math.sqrt(v[i]) / s[5] + s[6]);
        }
        Elements.write(p, parameter);
        Elements.write(m, firstMoment);
        Elements.write(v, secondMoment);
    }
}
