package dev.earshot.tools.parity;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Compares a result with the tensor of the golden under a rule. NaN matches nothing; infinities must be equal. */
final class TensorComparison {
    private TensorComparison() {}

    /**
     * Compares elementwise as {@code rule} says.
     *
     * @param compared by element; those that are false are not looked at
     */
    static TensorCheck byRule(String name, HostTensor got, HostTensor expected, CheckRule rule, boolean[] compared) {
        if (!sameSizes(got, expected)) {
            return wrongShape(name, got, expected);
        }
        double[] have = toDoubles(got);
        double[] want = toDoubles(expected);
        double worstError = 0;
        double worstAllowed = rule.exact() ? 0 : rule.atol();
        double worstExcess = Double.NEGATIVE_INFINITY;
        long outside = 0;
        for (int i = 0; i < want.length; i++) {
            if (!compared[i]) {
                continue;
            }
            double error = difference(have[i], want[i]);
            double allowed = rule.exact() ? 0 : rule.atol() + rule.rtol() * Math.abs(want[i]);
            if (error > allowed) {
                outside++;
            }
            if (error - allowed > worstExcess) {
                worstExcess = error - allowed;
                worstError = error;
                worstAllowed = allowed;
            }
        }
        if (rule.maxFraction() > 0) {
            double share = want.length == 0 ? 0 : (double) outside / want.length;
            return new TensorCheck(name, share, rule.maxFraction(), share <= rule.maxFraction(), "");
        }
        return new TensorCheck(name, worstError, worstAllowed, outside == 0, "");
    }

    private static final double FACTOR = 2;

    /**
     * Gradients may be three times as far off, as in flash-attention's tests, and so may losses, which are small differences
     * of large sums, and what steps of Adam make of both: a loss of 0.08 was 4.1e-4 off where the plain formula was 1.6e-4,
     * losses after three steps 5.2e-4 and 1.9e-4.
     */
    private static final double TRAINING_FACTOR = 3;

    private static final List<String> OF_TRAINING =
            List.of("expected.grad.", "expected.loss", "expected.adam", "expected.after_adam");

    /**
     * The rule for reduced precision: the largest error against the fp32 truth may be twice that of the plain formula in
     * the same precision, plus 1e-5 of the tensor's scale.
     *
     * @param yardstick the largest error that counts as the plain formula's
     */
    static TensorCheck byTwiceTheError(String name, HostTensor got, double yardstick, HostTensor expected) {
        if (!sameSizes(got, expected)) {
            return wrongShape(name, got, expected);
        }
        double[] want = toDoubles(expected);
        double scale = 0;
        for (double value : want) {
            scale = Math.max(scale, Math.abs(value));
        }
        double error = largest(toDoubles(got), want);
        double factor = OF_TRAINING.stream().anyMatch(name::startsWith) ? TRAINING_FACTOR : FACTOR;
        double allowed = factor * yardstick + 1e-5 * scale;
        return new TensorCheck(name, error, allowed, error <= allowed, "");
    }

    /** The largest difference; infinity for other shapes, or where only one of the two is NaN. */
    static double largestError(HostTensor got, HostTensor expected) {
        return sameSizes(got, expected) ? largest(toDoubles(got), toDoubles(expected)) : Double.POSITIVE_INFINITY;
    }

    private static boolean sameSizes(HostTensor a, HostTensor b) {
        return java.util.Arrays.equals(a.shape().toArray(), b.shape().toArray());
    }

    private static TensorCheck wrongShape(String name, HostTensor got, HostTensor expected) {
        return TensorCheck.failure(name, "expected %s, got %s".formatted(expected.shape(), got.shape()));
    }

    private static double largest(double[] got, double[] want) {
        double error = 0;
        for (int i = 0; i < want.length; i++) {
            error = Math.max(error, difference(got[i], want[i]));
        }
        return error;
    }

    private static double difference(double got, double want) {
        if (got == want) {
            return 0;
        }
        double error = Math.abs(got - want);
        return Double.isNaN(error) ? Double.POSITIVE_INFINITY : error;
    }

    static double[] toDoubles(HostTensor tensor) {
        int count = Math.toIntExact(tensor.shape().elements());
        double[] values = new double[count];
        if (tensor.dtype() == DType.I64) { // wider than a float's 24 bits
            for (int i = 0; i < count; i++) {
                values[i] = tensor.data().get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i);
            }
            return values;
        }
        float[] floats = tensor.toFloats();
        for (int i = 0; i < count; i++) {
            values[i] = floats[i];
        }
        return values;
    }
}
