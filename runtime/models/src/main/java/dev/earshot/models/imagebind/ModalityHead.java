package dev.earshot.models.imagebind;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * Layer norm and projection from a trunk into the joint space. Always in F32: it is a thousandth of the work, and
 * embeddings are compared by small differences of cosines.
 *
 * @param norm over the trunk's width D
 * @param projection D to the joint width, no bias
 */
public record ModalityHead(LayerNorm norm, Linear projection) {
    /**
     * All tokens after the layer norm: the dense features.
     *
     * @param stream F32 [N, L, D]
     * @return F32 [N, L, D]
     */
    public Tensor normed(Backend b, Workspace ws, Tensor stream) {
        return norm.apply(b, ws, stream, DType.F32);
    }

    /**
     * All tokens in the joint space, not normalised.
     *
     * @param stream F32 [N, L, D]
     * @return F32 [N, L, out]
     */
    public Tensor jointTokens(Backend b, Workspace ws, Tensor stream) {
        Tensor out = ws.allocate(DType.F32, stream.shape().with(-1, projection.outputWidth()));
        try (Workspace.Frame _ = ws.frame()) {
            b.linear(normed(b, ws, stream), projection, Activation.NONE, out);
        }
        return out;
    }

    /**
     * The class token in the joint space, not normalised.
     *
     * @param stream F32 [N, L, D]
     * @return F32 [N, out]
     */
    public Tensor classToken(Backend b, Workspace ws, Tensor stream) {
        Tensor out = ws.allocate(DType.F32, stream.dim(0), projection.outputWidth());
        try (Workspace.Frame _ = ws.frame()) {
            Tensor first = b.copy(ws, stream.select(1, 0), DType.F32); // [N, D]
            b.linear(normed(b, ws, first), projection, Activation.NONE, out);
        }
        return out;
    }
}
