package dev.earshot.segmentation.metrics;

import java.util.List;

/**
 * The score of one video taken as a batch of its own.
 *
 * @param id the video's name
 * @param category its class; empty if the benchmark has none
 * @param iou mean over the frames
 * @param f F-measure with one threshold for all frames; 0 if every target is empty
 * @param frames frame by frame
 */
public record VideoScore(String id, String category, double iou, double f, List<FrameScore> frames) {
    public VideoScore {
        frames = List.copyOf(frames);
    }

    /** Frames whose target is empty. */
    public long emptyTargets() {
        return frames.stream().filter(FrameScore::emptyTarget).count();
    }
}
