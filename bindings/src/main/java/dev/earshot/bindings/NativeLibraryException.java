package dev.earshot.bindings;

/**
 * A native library or executable could not be found, unpacked or loaded. The message names what was looked for, every
 * place that was tried with the reason why it failed, and what to do about it.
 */
public final class NativeLibraryException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** With the complete message and the error of the last attempt, or {@code null} if there is none. */
    NativeLibraryException(String message, Throwable cause) {
        super(message, cause);
    }
}
