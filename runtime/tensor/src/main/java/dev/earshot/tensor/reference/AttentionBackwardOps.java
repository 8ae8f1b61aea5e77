package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;

/**
 * Definition of the backward op of multi-head attention. With P the weights of a head and D the gradient of its result:
 *
 * <pre>
 * dV = P^T D
 * dP = D V^T
 * dS = P * (dP - rowsum(dP * P))
 * dQ = scale dS K
 * dK = scale dS^T Q
 * </pre>
 */
final class AttentionBackwardOps {
    private final Tensor q;
    private final Tensor k;
    private final Tensor v;
    private final int heads;
    private final double scale;
    private final AttentionOps.Bias bias;
    private final Rounding rounding;

    AttentionBackwardOps(
            Tensor q, Tensor k, Tensor v, int heads, float scale, AttentionOps.Bias bias, Rounding rounding) {
        this.q = q;
        this.k = k;
        this.v = v;
        this.heads = heads;
        this.scale = scale;
        this.bias = bias;
        this.rounding = rounding;
    }

    /** The gradients of one head, row-major. */
    private record HeadGradients(double[] q, double[] k, double[] v) {}

    /** For queries, keys and values. */
    void run(Tensor gradOut, Tensor gradQ, Tensor gradK, Tensor gradV) {
        for (int batch = 0; batch < q.dim(0); batch++) {
            for (int head = 0; head < heads; head++) {
                HeadGradients gradients = head(gradOut, batch, head);
                Gradients.add(gradients.q, AttentionOps.headView(gradQ, batch, head, heads), rounding);
                Gradients.add(gradients.k, AttentionOps.headView(gradK, batch, head, heads), rounding);
                Gradients.add(gradients.v, AttentionOps.headView(gradV, batch, head, heads), rounding);
            }
        }
    }

    /** For queries alone. */
    void run(Tensor gradOut, Tensor gradQ) {
        for (int batch = 0; batch < q.dim(0); batch++) {
            for (int head = 0; head < heads; head++) {
                HeadGradients gradients = head(gradOut, batch, head);
                Gradients.add(gradients.q, AttentionOps.headView(gradQ, batch, head, heads), rounding);
            }
        }
    }

    private HeadGradients head(Tensor gradOut, int batch, int head) {
        double[] queries = AttentionOps.head(q, batch, head, heads);
        double[] keys = AttentionOps.head(k, batch, head, heads);
        double[] values = AttentionOps.head(v, batch, head, heads);
        double[] grad = Gradients.read(AttentionOps.headView(gradOut, batch, head, heads), rounding);
        AttentionOps.Scores scores = new AttentionOps.Scores(q, k, batch, head, heads, scale, bias, rounding);
        int count = Math.toIntExact(k.dim(1));
        int width = Math.toIntExact(q.dim(2)) / heads;
        int valueWidth = Math.toIntExact(v.dim(2)) / heads;
        HeadGradients sums =
                new HeadGradients(new double[queries.length], new double[keys.length], new double[values.length]);
        double[] gradScores = new double[count];
        for (int i = 0; i < q.dim(1); i++) {
            double[] weights = scores.softmaxRow(i);
            for (int j = 0; j < count; j++) {
                double dot = 0;
                for (int d = 0; d < valueWidth; d++) {
                    double g = grad[i * valueWidth + d];
                    sums.v[j * valueWidth + d] += weights[j] * g;
                    dot += g * values[j * valueWidth + d];
                }
                gradScores[j] = rounding.round(dot);
            }
            NormBackwardOps.softmax(weights, gradScores);
            rounding.round(gradScores);
            for (int j = 0; j < count; j++) {
                for (int d = 0; d < width; d++) {
                    sums.q[i * width + d] += scale * gradScores[j] * keys[j * width + d];
                    sums.k[j * width + d] += scale * gradScores[j] * queries[i * width + d];
                }
            }
        }
        return sums;
    }
}
