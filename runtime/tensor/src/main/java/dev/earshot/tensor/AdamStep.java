package dev.earshot.tensor;

/**
 * The scalars of one step of Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2017):
 *
 * <pre>
 * g = gradientScale * gradient + l2 * p
 * m = beta1 * m + (1 - beta1) * g
 * v = beta2 * v + (1 - beta2) * g * g
 * p = (1 - lr * decay) * p - lr / (1 - beta1^t) * m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 * </pre>
 *
 * Powers and corrections are computed in fp64, on the host.
 *
 * @param step t, from 1
 * @param lr learning rate of this step
 * @param l2 weight of the L2 term in the gradient (Adam), 0 for none
 * @param decay decoupled weight decay (AdamW), 0 for none
 * @param gradientScale factor on the gradient, 1 for none
 */
public record AdamStep(
        long step, double lr, double beta1, double beta2, double eps, double l2, double decay, double gradientScale) {
    /** Number of scalars. */
    public static final int SCALARS = 10;

    /** Index of the gradient's factor among the scalars, for code that computes it on the device. */
    public static final int GRADIENT_SCALE = 9;

    /** Checks the ranges. */
    public AdamStep {
        Checks.argument(step >= 1, "adam step", "expected t >= 1, got %d", step);
        Checks.argument(beta1 >= 0 && beta1 < 1, "adam beta1", "expected [0, 1), got %s", beta1);
        Checks.argument(beta2 >= 0 && beta2 < 1, "adam beta2", "expected [0, 1), got %s", beta2);
        Checks.argument(eps > 0, "adam eps", "expected a positive number, got %s", eps);
        Checks.argument(lr >= 0 && Double.isFinite(lr), "adam lr", "expected a finite number >= 0, got %s", lr);
    }

    /**
     * F32 [{@value #SCALARS}]: beta1, 1 - beta1, beta2, 1 - beta2, lr / (1 - beta1^t), sqrt(1 - beta2^t), eps, l2,
     * 1 - lr * decay, gradientScale.
     */
    public HostTensor scalars() {
        double[] values = {
            beta1,
            1 - beta1,
            beta2,
            1 - beta2,
            lr / (1 - Math.pow(beta1, step)),
            Math.sqrt(1 - Math.pow(beta2, step)),
            eps,
            l2,
            1 - lr * decay,
            gradientScale
        };
        float[] rounded = new float[SCALARS];
        for (int i = 0; i < SCALARS; i++) {
            rounded[i] = (float) values[i];
        }
        return HostTensor.of(rounded, SCALARS);
    }
}
