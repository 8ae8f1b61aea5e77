package dev.earshot.models.sam;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * HQ-SAM's feature of an image, made once: the embedding and an early state of the encoder, both upscaled, added. Source:
 * SysCV/sam-hq, modeling/mask_decoder_hq.py.
 *
 * @param embedding of the image embedding, before any prompt
 * @param early of the stream after the encoder's first global block
 */
record HqFeature(MaskUpscaler embedding, MaskUpscaler early, SamGrid grid, DType compute) {
    /** The declared tensors. */
    record Declared(MaskUpscaler.Declared embedding, MaskUpscaler.Declared early) {
        static Declared declare(SamLoader loader, SamConfig.Decoder sizes, int encoderWidth) {
            int width = sizes.width();
            return new Declared(
                    MaskUpscaler.Declared.declare(
                            loader,
                            "mask_decoder.embedding_encoder",
                            width,
                            sizes.upscaledWidth(),
                            sizes.filterWidth()),
                    MaskUpscaler.Declared.declare(
                            loader, "mask_decoder.compress_vit_feat", encoderWidth, width, sizes.filterWidth()));
        }

        HqFeature prepare(ParameterScope scope, SamGrid grid, DType compute) {
            return new HqFeature(embedding.prepare(scope, compute), early.prepare(scope, compute), grid, compute);
        }
    }

    /**
     * Computes the feature.
     *
     * @param tokens F32 [1, N, E], the image embedding
     * @param stream F32 [1, N, D], the encoder's stream after its first global block
     * @param out [1, N * 16, E / 8] of the compute type, in quad order
     */
    void apply(Backend b, Workspace ws, Tensor tokens, Tensor stream, Tensor out, SamObserver observer) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor sum = compute == DType.F32 ? out : ws.allocate(DType.F32, out.shape());
            embedding.apply(b, ws, operand(b, ws, tokens), Activation.NONE, sum);
            if (observer != SamObserver.NONE) {
                observer.see("embedding_encoder", SamMaskDecoder.planes(b, ws, sum, grid));
                Tensor alone = ws.allocate(DType.F32, out.shape());
                early.apply(b, ws, operand(b, ws, stream), Activation.NONE, alone);
                observer.see("compress_vit_feat", SamMaskDecoder.planes(b, ws, alone, grid));
            }
            early.add(b, ws, operand(b, ws, stream), sum, sum);
            if (sum != out) {
                b.copy(sum, out);
            }
        }
    }

    private Tensor operand(Backend b, Workspace ws, Tensor x) {
        return compute == DType.F32 ? x : b.copy(ws, x, compute);
    }
}
