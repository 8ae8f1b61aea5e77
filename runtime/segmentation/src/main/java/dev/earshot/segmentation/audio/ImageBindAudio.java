package dev.earshot.segmentation.audio;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * Sound to the audio inputs of ImageBind: clips of two seconds, each a normalised log-mel picture [melBins, frames].
 *
 * <p>Source: facebookresearch/ImageBind imagebind/data.py. Quirks kept: the mean of a clip is subtracted in place, so a
 * later clip that overlaps sees the earlier one's change (switch: {@code independentClips}), and padding has the value
 * 0 before normalising, which is louder than silence.
 *
 * @param fbank filter bank; its rate is the rate the waves must have
 * @param targetFrames columns after padding or cutting
 * @param mean subtracted from every value
 * @param std divides every value
 * @param clipSeconds length of a clip
 * @param clips number of clips, spread evenly
 * @param independentClips whether each clip's mean is taken from the untouched wave
 */
public record ImageBindAudio(
        Fbank fbank, int targetFrames, float mean, float std, int clipSeconds, int clips, boolean independentClips) {
    /** The published setting: 128 filters, 204 frames, three clips of two seconds. */
    public static final ImageBindAudio STANDARD =
            new ImageBindAudio(new Fbank(FbankOptions.IMAGEBIND), 204, -4.268f, 9.138f, 2, 3, false);

    /** Checks sizes. */
    public ImageBindAudio {
        if (targetFrames < 1 || clipSeconds < 1 || clips < 1 || !(std > 0)) {
            throw new IllegalArgumentException("ImageBind audio: expected positive frames, seconds, clips and std, got "
                    + targetFrames + ", " + clipSeconds + ", " + clips + ", " + std);
        }
    }

    /** Samples of one clip. */
    public record Range(int from, int to) {}

    /** Values of one clip, melBins times targetFrames. */
    public int clipSize() {
        return fbank.options().melBins() * targetFrames;
    }

    /**
     * Where the clips of a wave lie. The wave's length in seconds is a double whose exact binary value is then
     * calculated with, as pytorchvideo does with fractions; so starts can lie one sample before the decimal value.
     */
    public Range[] ranges(int samples) {
        int rate = fbank.options().sampleRateHz();
        double last = Math.max((double) samples / rate - clipSeconds, 0);
        BigDecimal lastStart = new BigDecimal(last); // exact
        BigDecimal seconds = BigDecimal.valueOf(clipSeconds);
        BigDecimal steps = BigDecimal.valueOf(Math.max(clips - 1, 1));
        Range[] ranges = new Range[clips];
        for (int i = 0; i < clips; i++) {
            // floor(rate * (lastStart * i / steps + seconds)), division last so that it stays exact
            BigDecimal scaledStart = lastStart.multiply(BigDecimal.valueOf((long) rate * i));
            BigDecimal scaledEnd = scaledStart.add(seconds.multiply(steps).multiply(BigDecimal.valueOf(rate)));
            BigInteger from = scaledStart.divideToIntegralValue(steps).toBigInteger();
            BigInteger to = scaledEnd.divideToIntegralValue(steps).toBigInteger();
            ranges[i] = new Range(
                    Math.min(samples, from.intValueExact()),
                    to.min(BigInteger.valueOf(samples)).intValueExact());
        }
        return ranges;
    }

    /**
     * All clips of a wave in order.
     *
     * @param wave at the filter bank's rate; not changed
     * @return [clips][melBins * targetFrames], each clip [melBins, targetFrames]
     */
    public float[][] clips(Waveform wave) {
        checkRate(wave);
        Waveform buffer = wave.copy();
        float[][] out = new float[clips][];
        Range[] ranges = ranges(wave.length());
        for (int i = 0; i < clips; i++) {
            Range r = ranges[i];
            if (independentClips) {
                buffer = wave.copy();
            }
            subtractMean(buffer, r.from(), r.to());
            out[i] = melPicture(buffer.channel(0), r.from(), r.to());
        }
        return out;
    }

    /**
     * One clip from the whole of a short piece of sound, such as the second that belongs to a frame: what each of the
     * three equal clips of {@link #clips} would be.
     *
     * @param samples mono, at the filter bank's rate, at most as long as a clip is kept; not changed
     * @return [melBins, targetFrames]
     */
    public float[] segment(float[] samples) {
        Waveform buffer = Waveform.mono(samples.clone(), fbank.options().sampleRateHz());
        subtractMean(buffer, 0, samples.length);
        return melPicture(buffer.channel(0), 0, samples.length);
    }

    /** {@link #segment} for many pieces of sound: keeps its memory, so that they leave no garbage. One thread at a time. */
    public final class Input {
        private final Fbank.Scratch scratch = fbank.scratch();
        private final float[] picture = new float[clipSize()];
        private float[] samples = {};

        private Input() {}

        /**
         * Writes the log-mel picture of a piece of sound.
         *
         * @param out gets [melBins, targetFrames] fp32 from byte {@code offset} on
         */
        public void write(float[] sound, MemorySegment out, long offset) {
            if (samples.length != sound.length) {
                samples = new float[sound.length];
            }
            System.arraycopy(sound, 0, samples, 0, sound.length);
            subtractMean(Waveform.mono(samples, fbank.options().sampleRateHz()), 0, samples.length);
            melPicture(fbank.apply(samples, 0, samples.length, scratch), picture);
            MemorySegment.copy(picture, 0, out, ValueLayout.JAVA_FLOAT, offset, picture.length);
        }
    }

    /** A writer of inputs with memory of its own. */
    public Input input() {
        return new Input();
    }

    private void checkRate(Waveform wave) {
        if (wave.sampleRateHz() != fbank.options().sampleRateHz()) {
            throw new IllegalArgumentException("ImageBind audio: expected "
                    + fbank.options().sampleRateHz() + " Hz, got " + wave.sampleRateHz()
                    + " Hz — resample with Waveform.at first");
        }
    }

    /** The mean over all channels, in place. */
    private static void subtractMean(Waveform wave, int from, int to) {
        double sum = 0;
        for (int c = 0; c < wave.channels(); c++) {
            float[] x = wave.channel(c);
            for (int i = from; i < to; i++) {
                sum += x[i];
            }
        }
        float mean = to > from ? (float) (sum / ((double) wave.channels() * (to - from))) : 0;
        for (int c = 0; c < wave.channels(); c++) {
            float[] x = wave.channel(c);
            for (int i = from; i < to; i++) {
                x[i] -= mean;
            }
        }
    }

    private float[] melPicture(float[] samples, int from, int to) {
        float[] out = new float[clipSize()];
        melPicture(fbank.apply(samples, from, to), out);
        return out;
    }

    /** Turns rows of the filter bank, [frames, bins], into a picture. */
    private void melPicture(float[] rows, float[] out) {
        int bins = fbank.options().columns();
        int frames = Math.min(targetFrames, rows.length / bins);
        for (int b = 0; b < bins; b++) {
            for (int t = 0; t < targetFrames; t++) {
                float value = t < frames ? rows[t * bins + b] : 0;
                out[b * targetFrames + t] = (value - mean) / std;
            }
        }
    }
}
