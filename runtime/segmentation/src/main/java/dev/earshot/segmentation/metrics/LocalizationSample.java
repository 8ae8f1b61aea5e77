package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;

/**
 * What the figures of VGG-SS need to know of one sample.
 *
 * @param id its name
 * @param category its class; empty if there is none
 * @param boxes number of annotated boxes; 0 if nothing in the picture sounds
 * @param ciou consensus IoU, 0 if target and mask are both empty
 * @param confidence how sure the method is that something in the picture sounds; any scale, used by order only but for
 *     the F1 at 0.5
 * @param targetArea pixels of the boxes' union
 * @param maskArea pixels of the predicted mask
 */
public record LocalizationSample(
        String id, String category, int boxes, double ciou, double confidence, long targetArea, long maskArea) {

    /** Scores a mask against the union of boxes. */
    static LocalizationSample of(
            String id, String category, int boxes, BinaryMask mask, BinaryMask target, double confidence) {
        return new LocalizationSample(id, category, boxes, ciou(mask, target), confidence, target.area(), mask.area());
    }

    /** Hits over the target and the pixels beside it, which is the IoU; 0 if both are empty. */
    static double ciou(BinaryMask mask, BinaryMask target) {
        return mask.iou(target);
    }
}
