package dev.earshot.tensor.weights;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;

/**
 * A strict pull scanner for the JSON of weight files (RFC 8259, nothing more): no comments, no trailing commas, no
 * duplicate keys, no lone surrogates. The caller drives it by the shape it expects, so depth is bounded by construction.
 */
final class JsonScanner {
    private final String file;
    private final String what;
    private final String text;
    private int at;

    /** Scans UTF-8 text; bytes that are not valid UTF-8 are an error. */
    JsonScanner(String file, String what, byte[] utf8) {
        this.file = file;
        this.what = what;
        try {
            this.text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new WeightsException(file + ": " + what + ": expected UTF-8 text, got invalid bytes", e);
        }
    }

    /** Consumes {@code c} after white space, or fails. */
    void expect(char c) {
        if (!consume(c)) {
            throw error("'" + c + "'");
        }
    }

    /** Consumes {@code c} after white space if it comes next. */
    boolean consume(char c) {
        skipWhitespace();
        if (at < text.length() && text.charAt(at) == c) {
            at++;
            return true;
        }
        return false;
    }

    /** A string; escapes are resolved. */
    String string() {
        expect('"');
        int start = at;
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '"') {
                return text.substring(start, at++);
            }
            if (c == '\\') {
                return escapedString(start);
            }
            if (c < 0x20) {
                throw error("no unescaped control character in a string");
            }
            at++;
        }
        throw error("'\"' at the end of a string");
    }

    private String escapedString(int start) {
        StringBuilder value = new StringBuilder().append(text, start, at);
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '"') {
                at++;
                return checkSurrogates(value);
            }
            if (c < 0x20) {
                throw error("no unescaped control character in a string");
            }
            at++;
            value.append(c == '\\' ? escape() : c);
        }
        throw error("'\"' at the end of a string");
    }

    private char escape() {
        if (at >= text.length()) {
            throw error("an escape");
        }
        char c = text.charAt(at++);
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> hexEscape();
            default -> {
                at--;
                throw error("one of \" \\ / b f n r t u after a backslash");
            }
        };
    }

    private char hexEscape() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            // Character.digit alone would also take digits of other scripts.
            int digit = at < text.length() && text.charAt(at) < 0x80 ? Character.digit(text.charAt(at), 16) : -1;
            if (digit < 0) {
                throw error("four hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        return (char) value;
    }

    private String checkSurrogates(StringBuilder value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (Character.isHighSurrogate(c)
                    && i + 1 < value.length()
                    && Character.isLowSurrogate(value.charAt(i + 1))) {
                i++;
            } else if (Character.isSurrogate(c)) {
                throw error("surrogate escapes in pairs");
            }
        }
        return value.toString();
    }

    /** An integer from 0 to 2^63 - 1 in plain digits: no sign, no leading zero, no fraction, no exponent. */
    long nonNegativeInteger() {
        skipWhitespace();
        int start = at;
        long value = 0;
        while (at < text.length() && isDigit(text.charAt(at))) {
            int digit = text.charAt(at) - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                throw error("an integer below 2^63");
            }
            value = value * 10 + digit;
            at++;
        }
        boolean leadingZero = at - start > 1 && text.charAt(start) == '0';
        boolean goesOn = at < text.length() && "+-.eE".indexOf(text.charAt(at)) >= 0;
        if (at == start || leadingZero || goesOn) {
            throw error("a non-negative integer in plain digits");
        }
        return value;
    }

    /** Skips any value nested at most {@code depth} deep, checking its grammar. */
    void skipValue(int depth) {
        skipWhitespace();
        char c = at < text.length() ? text.charAt(at) : 0;
        switch (c) {
            case '"' -> string();
            case '{' -> skipObject(depth);
            case '[' -> skipArray(depth);
            case 't' -> literal("true");
            case 'f' -> literal("false");
            case 'n' -> literal("null");
            default -> skipNumber();
        }
    }

    private void skipObject(int depth) {
        descend(depth);
        expect('{');
        Set<String> keys = new HashSet<>();
        if (!consume('}')) {
            do {
                String key = string();
                if (!keys.add(key)) {
                    throw error("no duplicate key, here " + WeightsException.quote(key));
                }
                expect(':');
                skipValue(depth - 1);
            } while (consume(','));
            expect('}');
        }
    }

    private void skipArray(int depth) {
        descend(depth);
        expect('[');
        if (!consume(']')) {
            do {
                skipValue(depth - 1);
            } while (consume(','));
            expect(']');
        }
    }

    private void descend(int depth) {
        if (depth <= 0) {
            throw error("less nesting");
        }
    }

    private void literal(String word) {
        if (!text.startsWith(word, at)) {
            throw error("a value");
        }
        at += word.length();
    }

    private void skipNumber() {
        int start = at;
        if (at < text.length() && text.charAt(at) == '-') {
            at++;
        }
        int digits = skipDigits();
        boolean valid = digits == 1 || digits > 1 && text.charAt(at - digits) != '0';
        if (valid && at < text.length() && text.charAt(at) == '.') {
            at++;
            valid = skipDigits() > 0;
        }
        if (valid && at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
                at++;
            }
            valid = skipDigits() > 0;
        }
        if (!valid) {
            at = start;
            throw error("a value");
        }
    }

    private int skipDigits() {
        int start = at;
        while (at < text.length() && isDigit(text.charAt(at))) {
            at++;
        }
        return at - start;
    }

    /** Fails unless only characters of {@code allowed} follow. */
    void end(String allowed) {
        while (at < text.length()) {
            if (allowed.indexOf(text.charAt(at)) < 0) {
                throw error("nothing after the object");
            }
            at++;
        }
    }

    /** The exception for the current place. */
    WeightsException error(String expected) {
        String got = at >= text.length()
                ? "the end of the text"
                : WeightsException.quote(text.substring(at, Math.min(at + 20, text.length())));
        return WeightsException.of(file, what, expected + " at character " + at, got);
    }

    private void skipWhitespace() {
        while (at < text.length() && " \t\n\r".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
