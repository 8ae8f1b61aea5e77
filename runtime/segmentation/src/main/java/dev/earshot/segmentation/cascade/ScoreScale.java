package dev.earshot.segmentation.cascade;

import java.util.Arrays;

/**
 * The scale on which the scores of a frame's proposals are held against a threshold. The papers compare cosines with 0.7,
 * which those between pictures and sounds seldom reach; hence the choice.
 */
public enum ScoreScale {
    /** The cosines themselves. */
    RAW {
        @Override
        double[] of(double[] scores) {
            return scores.clone();
        }
    },
    /** Stretched to [0, 1] within the frame; 1 for all if they differ by less than 1e-6, as a single one does. */
    MINMAX {
        @Override
        double[] of(double[] scores) {
            double min = Arrays.stream(scores).min().orElse(0);
            double range = Arrays.stream(scores).max().orElse(0) - min;
            return Arrays.stream(scores)
                    .map(s -> range < LEAST_RANGE ? 1 : (s - min) / range)
                    .toArray();
        }
    },
    /** Shares that add up to 1 within the frame: softmax of 20 times the score, ImageBind's scale between modalities. */
    SOFTMAX {
        @Override
        double[] of(double[] scores) {
            double max = Arrays.stream(scores).max().orElse(0);
            double[] powers = Arrays.stream(scores)
                    .map(s -> Math.exp(SHARPNESS * (s - max)))
                    .toArray();
            double sum = Arrays.stream(powers).sum();
            return Arrays.stream(powers).map(p -> p / sum).toArray();
        }
    };

    private static final double LEAST_RANGE = 1e-6;
    private static final double SHARPNESS = 20;

    /** The scores of one frame's proposals on this scale; as many, in the same order. */
    abstract double[] of(double[] scores);
}
