package dev.earshot.segmentation.cascade;

import dev.earshot.segmentation.audio.Loudness;

/**
 * Keeps silence from the networks, whose scores for it mean nothing.
 *
 * @param on whether it does anything
 * @param leastRms a second of sound whose root mean square lies below this is silence; samples are in [-1, 1]
 */
public record SilenceGate(boolean on, double leastRms) {
    /** 1e-4, about -80 dB below full scale; exact zeros are the usual case. */
    public static final SilenceGate DEFAULT = new SilenceGate(true, 1e-4);

    /** Lets everything pass. */
    public static final SilenceGate OFF = new SilenceGate(false, 0);

    /** Checks the level. */
    public SilenceGate {
        if (!(leastRms >= 0 && leastRms < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("silence gate: expected a level of at least 0, got " + leastRms);
        }
    }

    /** True if the sound is silence; NaN counts as such. */
    public boolean closedFor(float[] sound) {
        return on && !(Loudness.rms(sound) >= leastRms);
    }
}
