package dev.earshot.segmentation;

/**
 * A frame of a clip with its result.
 *
 * @param frame the picture and sound that were segmented
 * @param result mask and scores
 */
public record SegmentedFrame(ClipFrame frame, FrameMask result) {}
