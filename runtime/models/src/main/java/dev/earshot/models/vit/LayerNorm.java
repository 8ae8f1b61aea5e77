package dev.earshot.models.vit;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * A layer norm over the last axis with learned scale and shift.
 *
 * @param weight F32 [C]
 * @param bias F32 [C]
 * @param eps added to the variance
 */
public record LayerNorm(Tensor weight, Tensor bias, float eps) {
    /** x [..., C] normalised into {@code out} of the same shape. */
    public void apply(Backend b, Tensor x, Tensor out) {
        b.layerNorm(x, weight, bias, eps, out);
    }

    /** x [..., C] normalised into a new tensor of {@code dtype}. */
    public Tensor apply(Backend b, Workspace ws, Tensor x, DType dtype) {
        return b.layerNorm(ws, x, weight, bias, eps, dtype);
    }
}
