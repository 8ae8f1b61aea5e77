package dev.earshot.segmentation.audio;

import java.math.BigInteger;
import java.util.Arrays;

/**
 * Sample rate conversion by a Hann-windowed sinc, as {@code torchaudio.functional.resample} with its defaults
 * (low-pass width 6, roll-off 0.99).
 *
 * <p>Differs from torchaudio in storage only: each phase keeps the taps inside the window and not the full stride, so
 * that rates without a common factor need kilobytes in place of gigabytes; the dropped taps are zero. Immutable and
 * safe for many threads.
 */
public final class Resample {
    private static final int LOWPASS_WIDTH = 6;
    private static final double ROLLOFF = 0.99;

    private final int fromHz;
    private final int toHz;
    private final int from; // o: source samples per period
    private final int to; // q: results per period, one phase each
    private final int[] firstTap; // [q] first source sample of the phase, relative to the period's start
    private final float[][] taps; // [q][taps]

    /** Prepares the kernel. Costs about {@code to} times 15 sines, or more when shrinking. */
    public Resample(int fromHz, int toHz) {
        if (fromHz < 1 || toHz < 1) {
            throw new IllegalArgumentException(
                    "resample: expected positive rates, got " + fromHz + " and " + toHz + " Hz");
        }
        this.fromHz = fromHz;
        this.toHz = toHz;
        int divisor = BigInteger.valueOf(fromHz).gcd(BigInteger.valueOf(toHz)).intValueExact();
        from = fromHz / divisor;
        to = toHz / divisor;
        firstTap = new int[to];
        taps = new float[to][];
        double base = Math.min(from, to) * ROLLOFF;
        int width = (int) Math.ceil(LOWPASS_WIDTH * from / base);
        for (int phase = 0; phase < to; phase++) {
            phase(phase, base, width);
        }
    }

    private void phase(int phase, double base, int width) {
        double centre = (double) phase / to * from; // in source samples
        double reach = LOWPASS_WIDTH * from / base;
        int first = Math.max(-width, (int) Math.ceil(centre - reach));
        int last = Math.min(width + from - 1, (int) Math.floor(centre + reach));
        float[] weights = new float[last - first + 1];
        for (int i = 0; i < weights.length; i++) {
            double t = base * ((double) (first + i) / from - (double) phase / to);
            t = Math.max(-LOWPASS_WIDTH, Math.min(LOWPASS_WIDTH, t));
            double window = Math.cos(Math.PI * t / (2 * LOWPASS_WIDTH));
            double sinc = t == 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
            weights[i] = (float) (base / from * sinc * window * window);
        }
        firstTap[phase] = first;
        taps[phase] = weights;
    }

    /** Number of results for {@code samples} source samples: the ceiling of samples times the ratio. */
    public int outputLength(int samples) {
        return Math.toIntExact(((long) to * samples + from - 1) / from);
    }

    /** Converts every channel. */
    public Waveform apply(Waveform wave) {
        if (wave.sampleRateHz() != fromHz) {
            throw new IllegalArgumentException(
                    "resample: expected " + fromHz + " Hz, got " + wave.sampleRateHz() + " Hz");
        }
        float[][] out = new float[wave.channels()][];
        for (int c = 0; c < out.length; c++) {
            out[c] = apply(wave.channel(c));
        }
        return new Waveform(out, toHz);
    }

    /** Converts one channel; the sound is taken as silent outside its ends. */
    public float[] apply(float[] samples) {
        if (from == to) {
            return samples.clone();
        }
        // Zeros on both sides spare the inner loop every bounds decision.
        int left = Math.max(0, -Arrays.stream(firstTap).min().orElse(0));
        int right = from + left + 1;
        float[] padded = new float[Math.addExact(samples.length, left + right)];
        System.arraycopy(samples, 0, padded, left, samples.length);
        float[] out = new float[outputLength(samples.length)];
        for (int n = 0; n < out.length; n++) {
            int phase = n % to;
            int start = left + (n / to) * from + firstTap[phase];
            float[] weights = taps[phase];
            float sum = 0;
            for (int i = 0; i < weights.length; i++) {
                sum += weights[i] * padded[start + i];
            }
            out[n] = sum;
        }
        return out;
    }
}
