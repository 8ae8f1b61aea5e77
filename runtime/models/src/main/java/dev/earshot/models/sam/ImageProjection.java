package dev.earshot.models.sam;

import dev.earshot.models.vit.LinearWeights;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * All projections of the image stream that one layer's attentions need, as one product: (x + pe) W^T + b = x W^T + (pe W^T +
 * b), where the second term does not depend on the image and is computed at load. It enters as the product's residual.
 *
 * @param linear all projections one below the other, without biases, in the compute type
 * @param constant F32 [1, N, columns], pe W^T + b for projections that see positions, b for the others
 */
record ImageProjection(Linear linear, Tensor constant) {
    /**
     * One of the projections.
     *
     * @param layer [columns, E] with bias
     * @param positioned true if it is applied to the stream with positions
     */
    record Part(LinearWeights layer, boolean positioned) {}

    /**
     * Prepares the projections, which must be as wide as each other.
     *
     * @param positions F32 [1, N, E], pe
     */
    static ImageProjection prepare(Backend b, ParameterScope scope, List<Part> parts, Tensor positions, DType compute) {
        List<HostTensor> weights = parts.stream()
                .map(part -> part.layer().weights().getFirst().read())
                .toList();
        int width = Math.toIntExact(weights.getFirst().shape().dim(0));
        int columns = width * parts.size();
        long in = weights.getFirst().shape().dim(1);
        float[] stacked = new float[Math.toIntExact(columns * in)];
        List<float[]> biases = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            float[] rows = weights.get(i).toFloats();
            System.arraycopy(rows, 0, stacked, i * rows.length, rows.length);
            biases.add(parts.get(i).layer().biases().getFirst().read().toFloats());
        }
        long tokens = positions.dim(1);
        Tensor constant = scope.tensor(
                HostTensor.of(new float[Math.toIntExact(tokens * columns)], 1, tokens, columns), DType.F32);
        try (ParameterScope once = b.parameters();
                Workspace ws = b.workspace(0)) {
            for (int i = 0; i < parts.size(); i++) {
                Tensor part = constant.slice(2, (long) i * width, (long) (i + 1) * width);
                HostTensor bias = HostTensor.of(biases.get(i), width);
                if (parts.get(i).positioned()) {
                    b.linear(positions, once.linear(weights.get(i), bias, DType.F32), Activation.NONE, part);
                } else {
                    b.copy(b.upload(ws, bias, DType.F32), part);
                }
            }
            b.synchronize();
        }
        return new ImageProjection(scope.linear(HostTensor.of(stacked, columns, in), compute), constant);
    }

    /** Columns of all projections together. */
    long columns() {
        return linear.outputWidth();
    }

    /**
     * All projections, side by side.
     *
     * @param x [B, N, E] of the compute type
     * @param out F32 [B, N, columns]
     */
    void apply(Backend b, Tensor x, Tensor out) {
        b.linear(x, linear, Activation.NONE, constant.broadcast(out.shape().toArray()), out);
    }
}
