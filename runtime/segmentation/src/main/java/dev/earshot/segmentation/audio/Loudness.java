package dev.earshot.segmentation.audio;

/** How loud a piece of sound is: root mean square in decibels below full scale. */
public final class Loudness {
    private Loudness() {}

    /** Root mean square of the samples; 0 for none. */
    public static double rms(float[] samples) {
        return rms(samples, 0, samples.length);
    }

    /** Root mean square of the samples {@code from} to {@code to} (exclusive); 0 for none. */
    public static double rms(float[] samples, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            sum += (double) samples[i] * samples[i];
        }
        return to > from ? Math.sqrt(sum / (to - from)) : 0;
    }

    /**
     * 20 log10 of the root mean square: 0 for a square wave at full scale, about -3 for a sine, negative infinity for
     * digital silence.
     */
    public static double dbfs(float[] samples) {
        return 20 * Math.log10(rms(samples));
    }
}
