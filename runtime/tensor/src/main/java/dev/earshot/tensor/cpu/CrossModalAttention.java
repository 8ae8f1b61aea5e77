package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The fusing attention of an audio-visual adapter and its backward op: a few latents of a few dozen numbers, which stay in
 * the first-level cache while the image tokens pass by. Batch elements are shared between the workers.
 */
final class CrossModalAttention {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private final View u;
    private final View t;
    private final float scale;
    private final int latents;
    private final int width;
    private final double[] weights;
    private final double[] slopes;
    private final float[][] keys; // the latents of a batch element
    private final float[][] gradKeys;
    private final float[] query;
    private final float[] grad;
    private final float[] result;

    private CrossModalAttention(View u, View t, float scale) {
        this.u = u;
        this.t = t;
        this.scale = scale;
        this.latents = Math.toIntExact(t.dim(1));
        this.width = Math.toIntExact(t.dim(2));
        this.weights = new double[latents];
        this.slopes = new double[latents];
        this.keys = new float[latents][width];
        this.gradKeys = new float[latents][width];
        this.query = new float[width];
        this.grad = new float[width];
        this.result = new float[width];
    }

    /** See {@link dev.earshot.tensor.Backend#crossModalAttention}. */
    record Forward(View u, View t, View gate, float scale, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            RowSharing.add(binder, "cross-modal attention " + u, u.dim(0), u.elements(), worker -> {
                CrossModalAttention attention = new CrossModalAttention(u, t, scale);
                return batch -> attention.forward(batch, ALL.get(F32, gate.address()), out);
            });
        }
    }

    /** See {@link dev.earshot.tensor.TrainingOps#crossModalAttentionBackward}. */
    record Backward(View u, View t, View gate, float scale, View gradOut, View gradU, View gradT, View gradGate)
            implements Op {
        @Override
        public void bind(Binder binder) {
            long gateShares = binder.temporary(DType.I64, u.dim(0)).address(); // I64 for room: doubles
            RowSharing.add(binder, "cross-modal attention backward " + u, u.dim(0), u.elements(), worker -> {
                CrossModalAttention attention = new CrossModalAttention(u, t, scale);
                return batch -> ALL.set(
                        F64,
                        gateShares + 8 * batch,
                        attention.backward(batch, ALL.get(F32, gate.address()), gradOut, gradU, gradT));
            });
            RowSharing.add(binder, "cross-modal attention gate", 1, 1, worker -> ignored -> {
                double sum = ALL.get(F32, gradGate.address());
                for (long batch = 0; batch < u.dim(0); batch++) {
                    sum += ALL.get(F64, gateShares + 8 * batch);
                }
                ALL.set(F32, gradGate.address(), (float) sum);
            });
        }
    }

    private static long row(View x, long batch, long row) {
        return x.at(batch * x.stride(0) + row * x.stride(1));
    }

    private void load(View rows, long batch, float[][] into) {
        for (int j = 0; j < latents; j++) {
            HeapRows.load(row(rows, batch, j), into[j], width);
        }
    }

    private void forward(long batch, float gate, View out) {
        load(t, batch, keys);
        for (long i = 0; i < u.dim(1); i++) {
            HeapRows.load(row(u, batch, i), query, width);
            attend();
            for (int j = 0; j < latents; j++) {
                HeapRows.addScaled((float) (gate * weights[j]), keys[j], query, width);
            }
            HeapRows.store(query, row(out, batch, i), width);
        }
    }

    /** Sets the weights of one image token. */
    private void attend() {
        double max = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < latents; j++) {
            weights[j] = scale * Dots.product(query, keys[j], width);
            max = Math.max(max, weights[j]);
        }
        double sum = 0;
        for (int j = 0; j < latents; j++) {
            weights[j] = Math.exp(weights[j] - max);
            sum += weights[j];
        }
        for (int j = 0; j < latents; j++) {
            weights[j] /= sum;
        }
    }

    /** Adds to the gradients of u and t and returns the share of that of the gate. */
    private double backward(long batch, float gate, View gradOut, View gradU, View gradT) {
        load(t, batch, keys);
        for (float[] sums : gradKeys) {
            Arrays.fill(sums, 0);
        }
        double gateShare = 0;
        for (long i = 0; i < u.dim(1); i++) {
            HeapRows.load(row(u, batch, i), query, width);
            HeapRows.load(row(gradOut, batch, i), grad, width);
            HeapRows.load(row(gradU, batch, i), result, width);
            attend();
            double projection = 0;
            for (int j = 0; j < latents; j++) {
                slopes[j] = Dots.product(grad, keys[j], width);
                projection += weights[j] * slopes[j];
            }
            gateShare += projection; // the weighted latents times the gradient
            HeapRows.addScaled(1, grad, result, width);
            for (int j = 0; j < latents; j++) {
                float score = (float) (scale * gate * weights[j] * (slopes[j] - projection));
                HeapRows.addScaled(score, keys[j], result, width);
                HeapRows.addScaled(score, query, gradKeys[j], width);
                HeapRows.addScaled((float) (gate * weights[j]), grad, gradKeys[j], width);
            }
            HeapRows.store(result, row(gradU, batch, i), width);
        }
        for (int j = 0; j < latents; j++) {
            HeapRows.load(row(gradT, batch, j), result, width);
            HeapRows.addScaled(1, gradKeys[j], result, width);
            HeapRows.store(result, row(gradT, batch, j), width);
        }
        return gateShare;
    }
}
