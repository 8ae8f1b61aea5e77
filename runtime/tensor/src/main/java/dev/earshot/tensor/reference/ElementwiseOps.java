package dev.earshot.tensor.reference;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.internal.Elements;

/** Definitions of the elementwise ops and activations. */
final class ElementwiseOps {
    private ElementwiseOps() {}

    static void unary(UnaryOp op, Tensor x, Tensor out, Rounding rounding) {
        double[] values = Elements.read(x);
        for (int i = 0; i < values.length; i++) {
            values[i] = rounding.round(apply(op, values[i]));
        }
        Elements.write(values, out);
    }

    static double apply(UnaryOp op, double x) {
        return switch (op) {
            case RELU -> x > 0 || Double.isNaN(x) ? x : 0;
            case GELU -> gelu(x);
            case QUICK_GELU -> x * sigmoid(1.702 * x);
            case SIGMOID -> sigmoid(x);
            case TANH -> Math.tanh(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case ABS -> Math.abs(x);
            case NEGATE -> -x;
        };
    }

    static double apply(Activation activation, double x) {
        return switch (activation) {
            case NONE -> x;
            case RELU -> apply(UnaryOp.RELU, x);
            case GELU -> gelu(x);
            case QUICK_GELU -> apply(UnaryOp.QUICK_GELU, x);
        };
    }

    /** x/2 (1 + erf(x / sqrt 2)), written with erfc so that large negative x does not cancel; NaN for minus infinity. */
    private static double gelu(double x) {
        return 0.5 * x * Erf.erfc(-x / Math.sqrt(2));
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    static void binary(BinaryOp op, Tensor a, Tensor b, Tensor out, Rounding rounding) {
        double[] left = Elements.read(a.broadcast(out.shape().toArray()));
        double[] right = Elements.read(b.broadcast(out.shape().toArray()));
        for (int i = 0; i < left.length; i++) {
            left[i] = rounding.round(apply(op, left[i], right[i]));
        }
        Elements.write(left, out);
    }

    private static double apply(BinaryOp op, double a, double b) {
        return switch (op) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
        };
    }

    static void affine(Tensor x, float alpha, float beta, Tensor out, Rounding rounding) {
        double[] values = Elements.read(x);
        for (int i = 0; i < values.length; i++) {
            values[i] = rounding.round(rounding.round(alpha * values[i]) + beta);
        }
        Elements.write(values, out);
    }

    /** Rounds float results only; a copy between integer types keeps every digit. */
    static void copy(Tensor x, Tensor out, Rounding rounding) {
        Tensor full = x.broadcast(out.shape().toArray());
        if (rounding == Rounding.NONE || !out.dtype().isFloat()) {
            Elements.copy(full, out);
        } else {
            double[] values = Elements.read(full);
            rounding.round(values);
            Elements.write(values, out);
        }
    }
}
