package dev.earshot.segmentation;

import dev.earshot.segmentation.image.RgbImage;

/**
 * A frame with its result.
 *
 * @param image the frame as it was segmented
 * @param result its mask and scores
 */
public record SegmentedFrame(RgbImage image, FrameMask result) {}
