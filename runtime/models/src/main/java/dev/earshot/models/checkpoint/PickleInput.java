package dev.earshot.models.checkpoint;

import dev.earshot.tensor.weights.WeightsException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Buffered, bounded reading of one pickle out of a file. */
final class PickleInput {
    private static final int WINDOW_BYTES = 1 << 16;

    private final ByteSource source;
    private final long end;
    private final byte[] window;
    private long windowOffset;
    private int windowLength;
    private int at;

    /** Reads from {@code offset} on, at most up to {@code end}. */
    PickleInput(ByteSource source, long offset, long end) {
        this.source = source;
        this.end = end;
        this.window = new byte[(int) Math.min(WINDOW_BYTES, Math.max(end - offset, 0))];
        this.windowOffset = offset;
    }

    /** Place of the next byte in the file. */
    long position() {
        return windowOffset + at;
    }

    int u8() {
        if (at == windowLength) {
            refill();
        }
        return window[at++] & 0xff;
    }

    int u16() {
        int low = u8();
        return low | u8() << 8;
    }

    int i32() {
        int low = u16();
        return low | u16() << 16;
    }

    byte[] bytes(int length) {
        if (length > end - position()) {
            throw source.error("pickle", length + " bytes at byte " + position(), "the end of the pickle");
        }
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) u8();
        }
        return bytes;
    }

    /** UTF-8 text of {@code length} bytes. */
    String text(int length) {
        long offset = position();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(length)))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new WeightsException(
                    source.name() + ": pickle: expected UTF-8 text at byte " + offset + ", got invalid bytes", e);
        }
    }

    /** A line of printable ASCII up to a line feed, which is consumed. */
    String line(int maxLength) {
        long offset = position();
        StringBuilder line = new StringBuilder();
        for (int c = u8(); c != '\n'; c = u8()) {
            if (c <= ' ' || c > '~' || line.length() == maxLength) {
                throw source.error("pickle", "a name at byte " + offset, "byte 0x%02x in it".formatted(c));
            }
            line.append((char) c);
        }
        return line.toString();
    }

    private void refill() {
        windowOffset += windowLength;
        windowLength = (int) Math.min(window.length, end - windowOffset);
        at = 0;
        if (windowLength <= 0) {
            windowLength = 0;
            throw source.error("pickle", "a STOP opcode", "the end at byte " + windowOffset);
        }
        source.read(windowOffset, ByteBuffer.wrap(window, 0, windowLength));
    }
}
