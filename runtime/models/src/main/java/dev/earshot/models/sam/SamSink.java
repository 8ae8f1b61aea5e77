package dev.earshot.models.sam;

import dev.earshot.tensor.Tensor;

/** Takes the masks of one decoding pass. */
@FunctionalInterface
public interface SamSink {
    /**
     * Called once per pass, in the order of the prompts.
     *
     * @param firstPrompt index of the pass's first prompt
     * @param logits F32 [n, M, 4 * gridRows, 4 * gridColumns], contiguous, above 0 where the mask is; only valid during the
     *     call. M is 3 with several masks per prompt and 1 without; always 1 from HQ-SAM
     * @param iou predicted IoU of each mask, [n * M]; the callee's to keep
     */
    void accept(int firstPrompt, Tensor logits, float[] iou);
}
