package dev.earshot.segmentation.sam;

import java.util.Objects;

/**
 * What is wanted of a prediction.
 *
 * @param answer which masks
 * @param lowResolutionLogits also the network's own logits (256 KiB a mask in the published models)
 * @param fullLogits also the logits at the size of the picture, four bytes a pixel
 */
public record PredictionOptions(Answer answer, boolean lowResolutionLogits, boolean fullLogits) {
    /** One mask for each prompt. */
    public static final PredictionOptions SINGLE = new PredictionOptions(Answer.SINGLE, false, false);

    /** All masks of an ambiguous prompt: three, such as whole, part and part of the part. HQ-SAM gives one. */
    public static final PredictionOptions MULTIPLE = new PredictionOptions(Answer.MULTIPLE, false, false);

    /** Of {@link #MULTIPLE} the one that the network thinks best. */
    public static final PredictionOptions BEST = new PredictionOptions(Answer.BEST, false, false);

    /** Which masks are made. */
    public enum Answer {
        /** The one for unambiguous prompts, such as a box or several points. */
        SINGLE,
        /** All for ambiguous prompts, such as a single point. */
        MULTIPLE,
        /** Of {@link #MULTIPLE} the one of the largest predicted IoU, the first on ties. */
        BEST
    }

    /** Checks that there is an answer. */
    public PredictionOptions {
        Objects.requireNonNull(answer, "answer");
    }

    /** Also with the network's own logits. */
    public PredictionOptions withLowResolutionLogits() {
        return new PredictionOptions(answer, true, fullLogits);
    }

    /** Also with logits at the size of the picture. */
    public PredictionOptions withFullLogits() {
        return new PredictionOptions(answer, lowResolutionLogits, true);
    }
}
