package dev.earshot.segmentation.training;

/** A loss or a gradient that is not finite: training stops, with parameters as they were before that step. */
public final class DivergedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** The message names the step, what is not finite, and the clips of the batch. */
    public DivergedException(String message) {
        super(message);
    }
}
