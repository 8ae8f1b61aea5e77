package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;

/**
 * One mask that answers a prompt.
 *
 * @param mask at the size of the picture
 * @param predictedIou how well the network thinks that it fits the object
 * @param stability {@link MaskMeasure#stability} for an offset of 1; not a number if the mask is empty even at the loose threshold
 * @param box around the set pixels
 * @param lowResolution the network's own logits, for asking again; {@link MaskLogits#NONE} if not asked for
 * @param full logits at the size of the picture; {@link MaskLogits#NONE} if not asked for
 */
public record MaskPrediction(
        BinaryMask mask, float predictedIou, float stability, MaskBox box, MaskLogits lowResolution, MaskLogits full) {}
