package dev.earshot.segmentation.audio;

import java.util.Objects;

/**
 * The settings of a log-mel filter bank, named as in Kaldi.
 *
 * @param sampleRateHz rate of the waves
 * @param frameLengthMs window length
 * @param frameShiftMs distance of two windows
 * @param window window function
 * @param melBins number of mel filters
 * @param lowHz lower edge of the first filter
 * @param highHz upper edge of the last filter; 0 or less counts down from the Nyquist frequency
 * @param preemphasis coefficient, 0 for none
 * @param removeDc whether each frame's mean is subtracted
 * @param snipEdges whether only whole frames count; else the wave is mirrored at its ends
 * @param energy where the log energy goes, if anywhere
 * @param power square of the spectrum or its magnitude
 * @param log natural logarithm of the filter outputs, or the outputs themselves
 * @param subtractMean whether each column's mean over time is subtracted at the end
 */
public record FbankOptions(
        int sampleRateHz,
        double frameLengthMs,
        double frameShiftMs,
        Window window,
        int melBins,
        double lowHz,
        double highHz,
        double preemphasis,
        boolean removeDc,
        boolean snipEdges,
        Energy energy,
        boolean power,
        boolean log,
        boolean subtractMean) {

    /** Window functions, symmetric (the last sample equals the first). */
    public enum Window {
        /** 0.5 - 0.5 cos. */
        HANNING,
        /** Hanning to the power 0.85, Kaldi's own. */
        POVEY,
        /** 0.54 - 0.46 cos. */
        HAMMING,
        /** 0.42 - 0.5 cos + 0.08 cos of the double angle. */
        BLACKMAN,
        /** No window. */
        RECTANGULAR;

        double at(int j, int length) {
            double angle = 2 * Math.PI / (length - 1) * j;
            double hanning = 0.5 - 0.5 * Math.cos(angle);
            return switch (this) {
                case HANNING -> hanning;
                case POVEY -> Math.pow(hanning, 0.85);
                case HAMMING -> 0.54 - 0.46 * Math.cos(angle);
                case BLACKMAN -> 0.42 - 0.5 * Math.cos(angle) + 0.08 * Math.cos(2 * angle);
                case RECTANGULAR -> 1;
            };
        }
    }

    /**
     * The log-energy column.
     *
     * @param place in front of the filters, behind them (Kaldi's {@code htk_compat}), or nowhere
     * @param raw whether it is taken before pre-emphasis and window
     * @param floor lower bound of the energy, 0 for none
     */
    public record Energy(Place place, boolean raw, double floor) {
        /** Position among the columns. */
        public enum Place {
            /** No such column. */
            NONE,
            /** Column 0. */
            FIRST,
            /** The last column. */
            LAST
        }

        /** No energy column. */
        public static final Energy NONE = new Energy(Place.NONE, true, 1);
    }

    /** ImageBind's and AST's filter bank: 16 kHz, 25/10 ms, Hann, 128 filters from 20 Hz to 8 kHz. */
    public static final FbankOptions IMAGEBIND = new FbankOptions(
            16_000, 25, 10, Window.HANNING, 128, 20, 0, 0.97, true, true, Energy.NONE, true, true, false);

    /** Kaldi's defaults without dither: Povey window and 23 filters. */
    public static final FbankOptions KALDI = IMAGEBIND.withWindow(Window.POVEY).withMelBins(23);

    /** Checks ranges. */
    public FbankOptions {
        Objects.requireNonNull(window, "window");
        Objects.requireNonNull(energy, "energy");
        if (sampleRateHz < 1 || melBins < 1 || !(frameLengthMs > 0) || !(frameShiftMs > 0)) {
            throw new IllegalArgumentException("fbank: expected positive rate, filters and frame times, got "
                    + sampleRateHz + " Hz, " + melBins + " filters, " + frameLengthMs + "/" + frameShiftMs + " ms");
        }
        long length = (long) Math.floor(sampleRateHz * frameLengthMs * 0.001);
        if (length < 2 || length > 1 << 20 || Math.floor(sampleRateHz * frameShiftMs * 0.001) < 1) {
            throw new IllegalArgumentException("fbank frame: expected 2 to 1048576 samples and a shift of at least 1, "
                    + "got " + frameLengthMs + "/" + frameShiftMs + " ms at " + sampleRateHz + " Hz");
        }
        double nyquist = sampleRateHz / 2.0;
        double high = highHz > 0 ? highHz : nyquist + highHz;
        if (!(lowHz >= 0) || !(high > lowHz) || high > nyquist) {
            throw new IllegalArgumentException(
                    "fbank band: expected 0 <= low < high <= " + nyquist + " Hz, got " + lowHz + " to " + high + " Hz");
        }
    }

    /** With another window. */
    public FbankOptions withWindow(Window other) {
        return new FbankOptions(
                sampleRateHz,
                frameLengthMs,
                frameShiftMs,
                other,
                melBins,
                lowHz,
                highHz,
                preemphasis,
                removeDc,
                snipEdges,
                energy,
                power,
                log,
                subtractMean);
    }

    /** With another number of filters. */
    public FbankOptions withMelBins(int bins) {
        return new FbankOptions(
                sampleRateHz,
                frameLengthMs,
                frameShiftMs,
                window,
                bins,
                lowHz,
                highHz,
                preemphasis,
                removeDc,
                snipEdges,
                energy,
                power,
                log,
                subtractMean);
    }

    /** Samples of a frame. */
    public int frameLength() {
        return (int) Math.floor(sampleRateHz * frameLengthMs * 0.001);
    }

    /** Samples between two frames. */
    public int frameShift() {
        return (int) Math.floor(sampleRateHz * frameShiftMs * 0.001);
    }

    /** Upper band edge in Hz, resolved. */
    public double upperHz() {
        return highHz > 0 ? highHz : sampleRateHz / 2.0 + highHz;
    }

    /** Values per frame: the filters and perhaps the energy. */
    public int columns() {
        return melBins + (energy.place() == Energy.Place.NONE ? 0 : 1);
    }
}
