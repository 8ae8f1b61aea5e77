package dev.earshot.segmentation.audio;

import java.util.Arrays;

/**
 * Kaldi's log-mel filter bank as torchaudio computes it: frames, DC removal, pre-emphasis, window, real FFT, triangles
 * linear in mel, logarithm.
 *
 * <p>Differs from torchaudio: a wave shorter than one frame gives no frame in place of an error. Immutable and safe for
 * many threads; tables are made once. A second of sound costs about half a millisecond after warm-up.
 */
public final class Fbank {
    /** The machine epsilon of fp32, below which energies are cut; its logarithm is -15.942385. */
    static final double FLOOR = 1.1920928955078125e-7;

    private final FbankOptions options;
    private final int length;
    private final int shift;
    private final float[] window;
    private final int fftSize;
    private final RealFft fft;
    private final int[] firstBin; // [filters] first spectrum bin with a weight
    private final float[][] weights; // [filters][bins]

    /** Makes the tables. */
    public Fbank(FbankOptions options) {
        this.options = options;
        length = options.frameLength();
        shift = options.frameShift();
        fftSize = Math.max(2, Integer.highestOneBit(length - 1) << 1);
        fft = new RealFft(fftSize);
        window = new float[length];
        for (int j = 0; j < length; j++) {
            window[j] = (float) options.window().at(j, length);
        }
        firstBin = new int[options.melBins()];
        weights = new float[options.melBins()][];
        makeFilters();
    }

    private static double mel(double hz) {
        return 1127 * Math.log1p(hz / 700);
    }

    private void makeFilters() {
        double low = mel(options.lowHz());
        double delta = (mel(options.upperHz()) - low) / (options.melBins() + 1);
        double binHz = (double) options.sampleRateHz() / fftSize;
        for (int b = 0; b < weights.length; b++) {
            double left = low + b * delta;
            double centre = left + delta;
            double right = centre + delta;
            float[] row = new float[fftSize / 2]; // the Nyquist bin never has a weight
            int first = row.length;
            int end = 0;
            for (int k = 0; k < row.length; k++) {
                double q = mel(k * binHz);
                row[k] = (float) Math.max(0, Math.min((q - left) / (centre - left), (right - q) / (right - centre)));
                if (row[k] > 0) {
                    first = Math.min(first, k);
                    end = k + 1;
                }
            }
            firstBin[b] = Math.min(first, end);
            weights[b] = Arrays.copyOfRange(row, firstBin[b], end);
        }
    }

    /** The settings. */
    public FbankOptions options() {
        return options;
    }

    /** The window function, [frameLength]. */
    public float[] window() {
        return window.clone();
    }

    /** The filters, dense: [melBins][fftSize / 2 + 1]. */
    public float[][] melFilters() {
        float[][] dense = new float[weights.length][fftSize / 2 + 1];
        for (int b = 0; b < weights.length; b++) {
            System.arraycopy(weights[b], 0, dense[b], firstBin[b], weights[b].length);
        }
        return dense;
    }

    /** Number of frames of a wave. */
    public int frames(int samples) {
        if (options.snipEdges()) {
            return samples < length ? 0 : 1 + (samples - length) / shift;
        }
        return (int) ((samples + (long) shift / 2) / shift);
    }

    /** The features of a whole wave, [frames, columns] row by row. */
    public float[] apply(float[] wave) {
        return apply(wave, 0, wave.length);
    }

    /**
     * The features of the samples {@code from} to {@code to} (exclusive).
     *
     * @return [frames(to - from), columns] row by row
     */
    public float[] apply(float[] wave, int from, int to) {
        return apply(wave, from, to, new Scratch());
    }

    Scratch scratch() {
        return new Scratch();
    }

    /** Working memory of {@link #apply}, for callers that keep it; one thread at a time. */
    final class Scratch {
        private final RealFft.Scratch spectra = fft.scratch();
        private final float[] frame = new float[length];
        private final float[] sums = new float[RealFft.BATCH];
        private float[] out = {};

        private float[] out(int values) {
            if (out.length != values) {
                out = new float[values];
            }
            return out;
        }
    }

    /** As the others; the result is the scratch's and valid until its next use. */
    float[] apply(float[] wave, int from, int to, Scratch memory) {
        java.util.Objects.checkFromToIndex(from, to, wave.length);
        int frames = frames(to - from);
        int columns = options.columns();
        float[] out = memory.out(Math.multiplyExact(frames, columns));
        RealFft.Scratch scratch = memory.spectra;
        float[] frame = memory.frame;
        for (int first = 0; first < frames; first += RealFft.BATCH) {
            int count = Math.min(RealFft.BATCH, frames - first);
            Arrays.fill(scratch.re, 0);
            Arrays.fill(scratch.im, 0);
            for (int f = 0; f < count; f++) {
                copyFrame(wave, from, to, first + f, frame);
                double energy = condition(frame);
                if (options.energy().place() != FbankOptions.Energy.Place.NONE) {
                    int column = options.energy().place() == FbankOptions.Energy.Place.FIRST ? 0 : columns - 1;
                    out[(first + f) * columns + column] = (float) energy;
                }
                pack(frame, scratch, f);
            }
            fft.powerSpectra(scratch);
            filter(scratch.power, count, memory.sums, out, first * columns, columns);
        }
        if (options.subtractMean()) {
            subtractColumnMeans(out, frames, columns);
        }
        return out;
    }

    private void copyFrame(float[] wave, int from, int to, int index, float[] frame) {
        if (options.snipEdges()) {
            System.arraycopy(wave, from + index * shift, frame, 0, length);
            return;
        }
        int n = to - from;
        int start = index * shift - (length / 2 - shift / 2);
        for (int j = 0; j < length; j++) {
            int t = start + j;
            while (t < 0 || t >= n) {
                t = t < 0 ? -1 - t : 2 * n - 1 - t; // mirrored, the edge sample repeated
            }
            frame[j] = wave[from + t];
        }
    }

    /** DC removal, pre-emphasis and window in place; returns the log energy. */
    private double condition(float[] frame) {
        if (options.removeDc()) {
            double sum = 0;
            for (float v : frame) {
                sum += v;
            }
            float mean = (float) (sum / length);
            for (int j = 0; j < length; j++) {
                frame[j] -= mean;
            }
        }
        double rawEnergy = options.energy().raw() ? logEnergy(frame) : 0;
        float p = (float) options.preemphasis();
        for (int j = length - 1; j > 0; j--) {
            frame[j] = (frame[j] - p * frame[j - 1]) * window[j];
        }
        frame[0] = (frame[0] - p * frame[0]) * window[0];
        return options.energy().raw() ? rawEnergy : logEnergy(frame);
    }

    private double logEnergy(float[] frame) {
        if (options.energy().place() == FbankOptions.Energy.Place.NONE) {
            return 0;
        }
        double sum = 0;
        for (float v : frame) {
            sum += (double) v * v;
        }
        double energy = Math.log(Math.max(sum, FLOOR));
        double floor = options.energy().floor();
        return floor > 0 ? Math.max(energy, Math.log(floor)) : energy;
    }

    private static void pack(float[] frame, RealFft.Scratch scratch, int f) {
        for (int j = 0; j < frame.length; j++) {
            float[] part = (j & 1) == 0 ? scratch.re : scratch.im;
            part[(j >> 1) * RealFft.BATCH + f] = frame[j];
        }
    }

    private void filter(float[] power, int count, float[] sums, float[] out, int at, int columns) {
        if (!options.power()) {
            for (int i = 0; i < power.length; i++) {
                power[i] = (float) Math.sqrt(power[i]);
            }
        }
        int shiftRight = options.energy().place() == FbankOptions.Energy.Place.FIRST ? 1 : 0;
        for (int b = 0; b < weights.length; b++) {
            Arrays.fill(sums, 0);
            for (int k = 0; k < weights[b].length; k++) {
                float weight = weights[b][k];
                int row = (firstBin[b] + k) * RealFft.BATCH;
                for (int f = 0; f < RealFft.BATCH; f++) {
                    sums[f] += weight * power[row + f];
                }
            }
            for (int f = 0; f < count; f++) {
                out[at + f * columns + shiftRight + b] =
                        options.log() ? (float) Math.log(Math.max(sums[f], FLOOR)) : sums[f];
            }
        }
    }

    private static void subtractColumnMeans(float[] out, int frames, int columns) {
        for (int c = 0; c < columns; c++) {
            double sum = 0;
            for (int f = 0; f < frames; f++) {
                sum += out[f * columns + c];
            }
            float mean = (float) (sum / Math.max(1, frames));
            for (int f = 0; f < frames; f++) {
                out[f * columns + c] -= mean;
            }
        }
    }
}
