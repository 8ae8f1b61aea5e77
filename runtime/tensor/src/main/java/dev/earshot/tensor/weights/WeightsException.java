package dev.earshot.tensor.weights;

/**
 * A weight file is malformed or does not fit the model. The message reads {@code file: what: expected X, got Y — what to
 * do}; text taken from the file is quoted, shortened and free of control characters, so that it can be shown as it is.
 */
public final class WeightsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int QUOTED_CHARS = 120;

    /** A message that is already in the class's form. */
    public WeightsException(String message) {
        super(message);
    }

    /** A message that is already in the class's form, and the exception behind it. */
    public WeightsException(String message, Throwable cause) {
        super(message, cause);
    }

    /** {@code file: what: expected X, got Y}. */
    public static WeightsException of(String file, String what, String expected, String got) {
        return new WeightsException("%s: %s: expected %s, got %s".formatted(file, what, expected, got));
    }

    /** {@code file: what: expected X, got Y — advice}. */
    public static WeightsException of(String file, String what, String expected, String got, String advice) {
        return new WeightsException("%s: %s: expected %s, got %s — %s".formatted(file, what, expected, got, advice));
    }

    /** Text out of an untrusted file in quotes, at most 120 characters, everything unprintable escaped. */
    public static String quote(String untrusted) {
        StringBuilder text = new StringBuilder("\"");
        int length = Math.min(untrusted.length(), QUOTED_CHARS);
        for (int i = 0; i < length; i++) {
            char c = untrusted.charAt(i);
            boolean printable = !Character.isISOControl(c)
                    && !Character.isSurrogate(c)
                    && Character.getType(c) != Character.FORMAT
                    && Character.getType(c) != Character.LINE_SEPARATOR
                    && Character.getType(c) != Character.PARAGRAPH_SEPARATOR;
            text.append(printable ? String.valueOf(c) : "\\u%04x".formatted((int) c));
        }
        return text.append(length < untrusted.length() ? "…\"" : "\"").toString();
    }
}
