package dev.earshot.segmentation.audio;

/**
 * How much sound is accepted.
 *
 * @param maxSeconds length
 * @param maxSamples samples of all channels together, four bytes each in memory
 */
public record AudioLimits(double maxSeconds, long maxSamples) {
    /** Four hours, and a gigabyte of samples. */
    public static final AudioLimits DEFAULT = new AudioLimits(4 * 3600, 1L << 28);

    /** Checks that the limits are positive. */
    public AudioLimits {
        if (!(maxSeconds > 0) || maxSamples < 1) {
            throw new IllegalArgumentException(
                    "audio limits: expected positive values, got " + maxSeconds + " s, " + maxSamples + " samples");
        }
    }
}
