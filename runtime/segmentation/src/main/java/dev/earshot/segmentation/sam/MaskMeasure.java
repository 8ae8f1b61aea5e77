package dev.earshot.segmentation.sam;

/**
 * What is known of a mask at the size of its picture without having made it.
 *
 * @param strict pixels whose logit is above the threshold by more than the offset
 * @param loose pixels whose logit is less than the offset below the threshold, or above
 * @param area pixels whose logit is above the threshold: those of the mask
 * @param box around them
 */
public record MaskMeasure(int strict, int loose, int area, MaskBox box) {
    /**
     * The overlap of the strict and the loose mask, in fp32: how little the mask depends on the threshold. Not a number if both
     * are empty.
     */
    public float stability() {
        return (float) strict / (float) loose;
    }
}
