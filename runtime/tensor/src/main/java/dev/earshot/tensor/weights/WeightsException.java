package dev.earshot.tensor.weights;

/** A weight file is malformed or does not fit the model: what, expected, got, and what to do. */
public final class WeightsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WeightsException(String message) {
        super(message);
    }

    public WeightsException(String message, Throwable cause) {
        super(message, cause);
    }
}
