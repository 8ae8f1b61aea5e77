package dev.earshot.segmentation.audio;

import java.util.Arrays;

/**
 * Sampled sound: one float array per channel, all of one length, values in about [-1, 1].
 *
 * <p>The arrays are shared, not copied. A waveform may have no samples at all.
 */
public final class Waveform {
    private final float[][] channels;
    private final int sampleRateHz;

    /**
     * Wraps arrays.
     *
     * @param channels [channel][sample], at least one channel, all of equal length; owned by the waveform from now on
     * @param sampleRateHz samples per second and channel
     */
    public Waveform(float[][] channels, int sampleRateHz) {
        if (channels.length == 0 || sampleRateHz < 1) {
            throw new IllegalArgumentException("waveform: expected at least one channel and a positive rate, got "
                    + channels.length + " channels at " + sampleRateHz + " Hz");
        }
        for (float[] channel : channels) {
            if (channel.length != channels[0].length) {
                throw new IllegalArgumentException("waveform: expected channels of equal length, got "
                        + channels[0].length + " and " + channel.length + " samples");
            }
        }
        this.channels = channels.clone();
        this.sampleRateHz = sampleRateHz;
    }

    /** One channel. */
    public static Waveform mono(float[] samples, int sampleRateHz) {
        return new Waveform(new float[][] {samples}, sampleRateHz);
    }

    /** Number of channels. */
    public int channels() {
        return channels.length;
    }

    /** Number of samples in each channel. */
    public int length() {
        return channels[0].length;
    }

    /** Samples per second and channel. */
    public int sampleRateHz() {
        return sampleRateHz;
    }

    /** Length in seconds. */
    public double seconds() {
        return (double) length() / sampleRateHz;
    }

    /** The samples of one channel; not a copy. */
    public float[] channel(int index) {
        return channels[index];
    }

    /** A deep copy. */
    public Waveform copy() {
        return slice(0, length());
    }

    /** A copy of the samples {@code from} (inclusive) to {@code to} (exclusive) of every channel. */
    public Waveform slice(int from, int to) {
        float[][] out = new float[channels.length][];
        for (int c = 0; c < out.length; c++) {
            out[c] = Arrays.copyOfRange(channels[c], from, to);
        }
        return new Waveform(out, sampleRateHz);
    }

    /** The mean of all channels as one; a mono waveform is returned as it is. */
    public Waveform mono() {
        if (channels.length == 1) {
            return this;
        }
        float[] mean = new float[length()];
        for (float[] channel : channels) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += channel[i];
            }
        }
        for (int i = 0; i < mean.length; i++) {
            mean[i] /= channels.length;
        }
        return mono(mean, sampleRateHz);
    }

    /** The same sound at another rate; see {@link Resample}. */
    public Waveform at(int rateHz) {
        return rateHz == sampleRateHz ? this : new Resample(sampleRateHz, rateHz).apply(this);
    }

    @Override
    public String toString() {
        return "Waveform[" + channels.length + " x " + length() + " at " + sampleRateHz + " Hz]";
    }
}
