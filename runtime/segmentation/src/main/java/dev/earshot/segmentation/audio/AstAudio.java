package dev.earshot.segmentation.audio;

/**
 * Sound to the input of the Audio Spectrogram Transformer: log-mel frames, padded with zeros or cut, then
 * {@code (x - mean) / (2 std)}.
 *
 * <p>Source: YuanGongND/ast src/dataloader.py and ASTFeatureExtractor of transformers; the first subtracts the mean of
 * the wave beforehand, the second does not.
 *
 * @param fbank filter bank at 16 kHz
 * @param targetFrames rows after padding or cutting
 * @param mean subtracted from every value
 * @param std half of the divisor
 * @param subtractWaveMean whether the wave's own mean is removed first
 */
public record AstAudio(Fbank fbank, int targetFrames, float mean, float std, boolean subtractWaveMean) {
    /** The AudioSet model: 1024 frames. */
    public static final AstAudio AUDIOSET =
            new AstAudio(new Fbank(FbankOptions.IMAGEBIND), 1024, -4.2677393f, 4.5689974f, false);

    /** Checks sizes. */
    public AstAudio {
        if (targetFrames < 1 || !(std > 0)) {
            throw new IllegalArgumentException(
                    "AST audio: expected positive frames and std, got " + targetFrames + ", " + std);
        }
    }

    /** The filter bank alone, [frames, melBins], neither padded nor normalised. */
    public float[] features(float[] samples) {
        if (!subtractWaveMean) {
            return fbank.apply(samples);
        }
        double sum = 0;
        for (float v : samples) {
            sum += v;
        }
        float waveMean = samples.length == 0 ? 0 : (float) (sum / samples.length);
        float[] centred = new float[samples.length];
        for (int i = 0; i < samples.length; i++) {
            centred[i] = samples[i] - waveMean;
        }
        return fbank.apply(centred);
    }

    /**
     * The network's input.
     *
     * @param samples mono at the filter bank's rate
     * @return [targetFrames, melBins]
     */
    public float[] apply(float[] samples) {
        float[] rows = java.util.Arrays.copyOf(
                features(samples), targetFrames * fbank.options().columns());
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (rows[i] - mean) / (2 * std);
        }
        return rows;
    }
}
