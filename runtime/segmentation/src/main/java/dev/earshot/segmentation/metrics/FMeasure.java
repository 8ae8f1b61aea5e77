package dev.earshot.segmentation.metrics;

/**
 * AVSBench's F-measure with beta^2 = 0.3: the best of 255 thresholds i/254 on the fp32 scores, where a frame's precision
 * and recall per threshold come from histograms. Frames with an empty target are left out.
 *
 * <p>One instance sums up the curves of one batch; memory does not depend on the number of frames.
 */
final class FMeasure {
    static final double BETA_SQUARED = 0.3;
    static final int THRESHOLDS = 255;

    /** fp32(i / 254), the 255 steps of linspace(0, 1 - 1e-10) in fp32. */
    private static final float[] THRESHOLD = thresholds();

    private final double[] sum = new double[THRESHOLDS];
    private int frames;

    private static float[] thresholds() {
        float[] values = new float[THRESHOLDS];
        for (int i = 0; i < THRESHOLDS; i++) {
            values[i] = (float) (i / 254.0);
        }
        return values;
    }

    /** How many thresholds are at or below a score: the histogram bin, 0 to 255. NaN reaches none. */
    static int bin(float score) {
        if (!(score >= 0)) {
            return 0;
        }
        int at = Math.min((int) (score * 254f), THRESHOLDS - 1); // off by one at most, by rounding
        while (at + 1 < THRESHOLDS && THRESHOLD[at + 1] <= score) {
            at++;
        }
        return THRESHOLD[at] > score ? at : at + 1;
    }

    /** F at every threshold of one frame whose target is not empty. */
    static double[] curve(FrameCounts frame) {
        double[] curve = new double[THRESHOLDS];
        long predicted = 0;
        long hit = 0;
        for (int i = THRESHOLDS - 1; i >= 0; i--) {
            predicted += frame.allByBin()[i + 1];
            hit += frame.foregroundByBin()[i + 1];
            curve[i] = of(hit / (predicted + 1e-20), hit / (frame.targetArea() + 1e-20));
        }
        return curve;
    }

    /** The weighted harmonic mean of precision and recall; 0 where both are 0. */
    static double of(double precision, double recall) {
        double f = (1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall);
        return Double.isNaN(f) ? 0 : f;
    }

    static double best(double[] curve) {
        double best = 0;
        for (double f : curve) {
            best = Math.max(best, f);
        }
        return best;
    }

    void add(double[] curve) {
        for (int i = 0; i < THRESHOLDS; i++) {
            sum[i] += curve[i];
        }
        frames++;
    }

    /** The largest mean over the frames of the batch, one threshold for all; 0 if every target was empty. */
    double best() {
        return frames == 0 ? 0 : best(sum) / frames;
    }
}
