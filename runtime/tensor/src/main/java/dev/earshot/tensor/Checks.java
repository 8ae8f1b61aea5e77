package dev.earshot.tensor;

/** Argument checks shared by the backends; every message names the op and the argument. */
public final class Checks {
    private Checks() {}

    /** Fails unless {@code condition}; {@code format} reads "expected …, got …". */
    public static void argument(boolean condition, String what, String format, Object... values) {
        if (!condition) {
            throw new IllegalArgumentException(what + ": " + format.formatted(values));
        }
    }

    /** Fails unless {@code x} has exactly these sizes. */
    public static void shape(String what, Tensor x, long... dims) {
        shape(what, x, Shape.of(dims));
    }

    /** Fails unless {@code x} has exactly this shape. */
    public static void shape(String what, Tensor x, Shape expected) {
        argument(x.shape().equals(expected), what, "expected shape %s, got %s", expected, x);
    }

    /** Fails unless {@code x} has one of the types. */
    public static void dtype(String what, Tensor x, DType... allowed) {
        for (DType dtype : allowed) {
            if (x.dtype() == dtype) {
                return;
            }
        }
        argument(false, what, "expected dtype %s, got %s", java.util.Arrays.toString(allowed), x);
    }

    /** Fails unless {@code x} has this rank. */
    public static void rank(String what, Tensor x, int rank) {
        argument(x.shape().rank() == rank, what, "expected rank %d, got %s", rank, x);
    }
}
