package dev.earshot.segmentation.video;

import java.time.Duration;

/**
 * What a video may cost.
 *
 * @param maxSide longest side of a delivered frame; larger frames are scaled down, keeping the aspect
 * @param maxPixels pixels of a stored frame; larger ones are refused
 * @param maxSeconds length; longer videos are refused unless a part is asked for
 * @param maxFrames delivered frames
 * @param stall longest time without a byte from the decoder while somebody waits for one
 */
public record VideoLimits(int maxSide, long maxPixels, double maxSeconds, int maxFrames, Duration stall) {
    /** Frames up to 4096 a side, 8K video at most, four hours, 360,000 frames, one minute of waiting. */
    public static final VideoLimits DEFAULT =
            new VideoLimits(4096, 64_000_000, 4 * 3600, 360_000, Duration.ofMinutes(1));

    /** Checks that all limits are positive. */
    public VideoLimits {
        if (maxSide < 2
                || maxSide > 16_384
                || maxPixels < 1
                || !(maxSeconds > 0)
                || maxFrames < 1
                || !stall.isPositive()) {
            throw new IllegalArgumentException("video limits: expected positive values and sides of 2 to 16384, got "
                    + maxSide + ", " + maxPixels + ", " + maxSeconds + ", " + maxFrames + ", " + stall);
        }
    }
}
