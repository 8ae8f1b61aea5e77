package dev.earshot.segmentation.metrics;

/**
 * The score of one frame.
 *
 * @param index number of the frame within its video, from 0
 * @param iou intersection over union; where the target is empty, the share of pixels rightly left out
 * @param f F-measure at the frame's own best threshold; 0 where the target is empty, and such frames enter no mean
 * @param targetArea foreground pixels of the target; 0 means that nothing sounds
 * @param predictedArea pixels predicted as foreground
 */
public record FrameScore(int index, double iou, double f, long targetArea, long predictedArea) {
    /** True if nothing sounds in the frame. */
    public boolean emptyTarget() {
        return targetArea == 0;
    }
}
