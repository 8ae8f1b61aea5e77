package dev.earshot.models.sam;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.Optional;

/**
 * The prompts of a pass as the decoder reads them.
 *
 * @param tokens F32 [B, T, E]
 * @param masks F32 [1 or B, N * 4, 4], in quad order; absent without mask prompts
 * @param weights F32 [B, 1, M]: which of SAM's masks HQ-SAM adds
 * @param stagedTokens host copy of the tokens
 * @param stagedMasks host copy of the masks
 */
record PassInputs(
        SamDecoder decoder,
        PassShape shape,
        Tensor tokens,
        Optional<Tensor> masks,
        Tensor weights,
        float[] stagedTokens,
        float[] stagedMasks) {
    static PassInputs allocate(Workspace ws, SamDecoder decoder, PassShape shape) {
        int width = decoder.sizes().width();
        int maskPixels = decoder.prompts().maskPixels();
        Optional<Tensor> masks = shape.maskPrompts() == 0
                ? Optional.empty()
                : Optional.of(ws.allocate(DType.F32, shape.maskPrompts(), maskPixels / 4, 4));
        int choices = MaskChoice.of(shape.multimask(), decoder.sizes()).count();
        return new PassInputs(
                decoder,
                shape,
                ws.allocate(DType.F32, shape.batch(), shape.tokens(), width),
                masks,
                ws.allocate(DType.F32, shape.batch(), 1, choices),
                new float[shape.batch() * shape.tokens() * width],
                new float[shape.maskPrompts() * maskPixels]);
    }

    /** Takes the prompts from {@code first} on. */
    void fill(SamPrompts prompts, int first) {
        float[] own = decoder.masks().outputTokens();
        int length = stagedTokens.length / shape.batch();
        for (int i = 0; i < shape.batch(); i++) {
            System.arraycopy(own, 0, stagedTokens, i * length, own.length);
            decoder.prompts().encode(prompts, first + i, stagedTokens, i * length + own.length);
        }
        upload(stagedTokens, tokens);
        if (masks.isPresent()) {
            int pixels = decoder.prompts().maskPixels();
            for (int i = 0; i < shape.maskPrompts(); i++) {
                int from = shape.maskPrompts() == 1 && prompts.masks().length == pixels ? 0 : (first + i) * pixels;
                decoder.prompts().arrange(prompts.masks(), from, stagedMasks, i * pixels);
            }
            upload(stagedMasks, masks.get());
        }
    }

    /** Sets which of SAM's masks is added to that of HQ-SAM, by prompt. */
    void choose(int[] mask) {
        int choices = Math.toIntExact(weights.dim(2));
        float[] staged = new float[mask.length * choices];
        for (int i = 0; i < mask.length; i++) {
            staged[i * choices + mask[i]] = 1;
        }
        upload(staged, weights);
    }

    private void upload(float[] values, Tensor target) {
        decoder.backend().upload(HostTensor.of(values, target.shape().toArray()), target);
    }
}
