package dev.earshot.segmentation;

/**
 * A picture, sound or video that cannot be used: damaged, of an unsupported kind, or beyond the limits.
 *
 * <p>The message always reads "what: expected X, got Y — what to do". Faults of the caller are
 * {@link IllegalArgumentException}s and failures of the disk {@link java.io.UncheckedIOException}s; this class is only
 * about content.
 */
public final class MediaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private MediaException(String message, Throwable cause) {
        super(message, cause);
    }

    /**
     * Says that media cannot be used.
     *
     * @param what the file and the part of it that is at fault
     * @param expected what would have been right
     * @param got what was found
     * @param advice what the user can do about it
     */
    public static MediaException of(String what, String expected, String got, String advice) {
        return of(what, expected, got, advice, null);
    }

    /** As {@link #of(String, String, String, String)}, with the exception that brought it to light. */
    public static MediaException of(String what, String expected, String got, String advice, Throwable cause) {
        return new MediaException(what + ": expected " + expected + ", got " + got + " — " + advice, cause);
    }
}
