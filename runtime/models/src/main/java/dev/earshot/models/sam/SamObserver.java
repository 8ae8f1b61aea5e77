package dev.earshot.models.sam;

import dev.earshot.tensor.Tensor;

/** Sees what a decoder computes on its way, for comparisons with other implementations. */
@FunctionalInterface
public interface SamObserver {
    /** Sees nothing. */
    SamObserver NONE = (_, _) -> {};

    /**
     * Called when a tensor is ready; it is only valid during the call.
     *
     * @param name {@code tokens} F32 [B, T, E], what goes into the two-way transformer; {@code dense} F32
     *     [B, gh * gw, E], what mask prompts add to the image; {@code layer0.queries} F32 [B, T, E] and {@code layer0.keys}
     *     [B, gh * gw, E] after each layer; {@code hs} F32 [B, T, E], the tokens after all; {@code upscaled}
     *     F32 [B, E / 8, 4 gh, 4 gw]; {@code hyper} F32 [B, M, E / 8], the filters; {@code masks}
     *     F32 [B, M, 4 gh, 4 gw] and {@code iou} F32 [B, M] of all mask tokens. From HQ-SAM also {@code maskfeature}
     *     [B, E / 8, 4 gh, 4 gw], {@code hyper_hq} F32 [B, E / 8], {@code hq_masks} F32 [B, 1, 4 gh, 4 gw], and for an image
     *     {@code compress_vit_feat} and {@code embedding_encoder}, both F32 [1, E / 8, 4 gh, 4 gw]
     */
    void see(String name, Tensor tensor);
}
