package dev.earshot.segmentation.training;

/** How the learning rate falls from step 1 to the last; no warm-up, no restarts, down to 0. */
public enum Schedule {
    /** lr0 * (1 + cos(pi * (t - 1) / T)) / 2: the first step uses lr0, the last a value slightly above 0. */
    COSINE,
    /** lr0 * (1 - (t - 1) / T). */
    LINEAR,
    /** lr0 throughout. */
    CONSTANT;

    /**
     * The learning rate of a step.
     *
     * @param initial lr0
     * @param step t, from 1
     * @param steps T
     */
    public double rate(double initial, long step, long steps) {
        if (step < 1 || step > steps) {
            throw new IllegalArgumentException(
                    "learning rate: expected a step from 1 to %d, got %d".formatted(steps, step));
        }
        double done = (double) (step - 1) / steps;
        return switch (this) {
            case COSINE -> initial * 0.5 * (1 + Math.cos(Math.PI * done));
            case LINEAR -> initial * (1 - done);
            case CONSTANT -> initial;
        };
    }
}
