package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/**
 * Definition of the fusing attention of an audio-visual adapter, forward and backward. With P = softmax(scale u t^T),
 * s = P t, and D the gradient of the result:
 *
 * <pre>
 * out = u + gate s        dGate = sum(D * s)
 * dP = gate D t^T         dS = P * (dP - rowsum(dP * P))
 * dU = D + scale dS t     dT = gate P^T D + scale dS^T u
 * </pre>
 */
final class CrossModalAttentionOps {
    private final double[] u; // [n, r] of one batch element
    private final double[] t; // [m, r]
    private final int latents;
    private final int width;
    private final double scale;
    private final double gate;
    private final double[] weights; // [m]
    private final double[] fused; // [r]

    private CrossModalAttentionOps(Tensor u, Tensor t, Tensor gate, double scale) {
        this.u = Elements.read(u);
        this.t = Elements.read(t);
        this.latents = Math.toIntExact(t.dim(0));
        this.width = Math.toIntExact(t.dim(1));
        this.scale = scale;
        this.gate = Elements.read(gate)[0];
        this.weights = new double[latents];
        this.fused = new double[width];
    }

    static void forward(Tensor u, Tensor t, Tensor gate, float scale, Tensor out, Rounding rounding) {
        for (int batch = 0; batch < u.dim(0); batch++) {
            var one = new CrossModalAttentionOps(u.select(0, batch), t.select(0, batch), gate, scale);
            double[] y = one.u.clone();
            for (int i = 0; i < u.dim(1); i++) {
                one.fuse(i, rounding);
                for (int d = 0; d < one.width; d++) {
                    y[i * one.width + d] = rounding.round(y[i * one.width + d] + one.gate * one.fused[d]);
                }
            }
            Elements.write(y, out.select(0, batch));
        }
    }

    /** Sets {@link #weights} and {@link #fused} to row {@code i} of P and s. */
    private void fuse(int i, Rounding rounding) {
        for (int j = 0; j < latents; j++) {
            double dot = 0;
            for (int d = 0; d < width; d++) {
                dot += u[i * width + d] * t[j * width + d];
            }
            weights[j] = rounding.round(scale * dot);
        }
        NormOps.softmax(weights);
        rounding.round(weights);
        for (int d = 0; d < width; d++) {
            fused[d] = 0;
            for (int j = 0; j < latents; j++) {
                fused[d] += weights[j] * t[j * width + d];
            }
            fused[d] = rounding.round(fused[d]);
        }
    }

    /** The gradients that {@link #backward} adds to. */
    record Targets(Tensor gradU, Tensor gradT, Tensor gradGate) {}

    static void backward(
            Tensor u, Tensor t, Tensor gate, float scale, Tensor gradOut, Targets targets, Rounding rounding) {
        double[] gradGate = new double[1];
        for (int batch = 0; batch < u.dim(0); batch++) {
            var one = new CrossModalAttentionOps(u.select(0, batch), t.select(0, batch), gate, scale);
            double[] gradU = Gradients.read(gradOut.select(0, batch), rounding);
            double[] gradT = new double[one.t.length];
            for (int i = 0; i < u.dim(1); i++) {
                one.fuse(i, rounding);
                gradGate[0] += one.backward(i, gradU, gradT);
            }
            Gradients.add(gradU, targets.gradU.select(0, batch), rounding);
            Gradients.add(gradT, targets.gradT.select(0, batch), rounding);
        }
        Gradients.add(gradGate, targets.gradGate, rounding);
    }

    /** Turns row {@code i} of {@code grad} from D into dU, adds to {@code gradT} and returns the row's share of dGate. */
    private double backward(int i, double[] grad, double[] gradT) {
        double gateShare = 0;
        double[] scores = new double[latents];
        for (int d = 0; d < width; d++) {
            double g = grad[i * width + d];
            gateShare += g * fused[d];
            for (int j = 0; j < latents; j++) {
                scores[j] += gate * g * t[j * width + d];
                gradT[j * width + d] += gate * weights[j] * g;
            }
        }
        NormBackwardOps.softmax(weights, scores);
        for (int j = 0; j < latents; j++) {
            for (int d = 0; d < width; d++) {
                grad[i * width + d] += scale * scores[j] * t[j * width + d];
                gradT[j * width + d] += scale * scores[j] * u[i * width + d];
            }
        }
        return gateShare;
    }
}
