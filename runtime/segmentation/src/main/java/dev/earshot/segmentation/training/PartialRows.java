package dev.earshot.segmentation.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * Rows of fp32 values that long work writes chunk by chunk, so that a run that was stopped goes on behind the last chunk:
 * a key, the number of rows, the rows. The number is raised when the rows are on the disk. One run at a time may have the file.
 */
final class PartialRows implements AutoCloseable {
    private static final int KEY_BYTES = 64;
    private static final int HEADER_BYTES = 128;

    private final Path file;
    private final FileChannel channel;
    private final int width;
    private int rows;

    /**
     * Opens or begins a file.
     *
     * @param key text that says what the rows are; rows of another key are thrown away
     * @param width values of a row
     */
    PartialRows(Path file, String key, int width) {
        this.file = file;
        this.width = width;
        byte[] hash = Sha256.of(key).getBytes(StandardCharsets.US_ASCII);
        FileChannel opened = null;
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            opened = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            if (!Locks.take(opened)) {
                opened.close();
                throw new IllegalStateException(file
                        + ": expected to be the only run that computes it, got a file locked by another — wait for it");
            }
            ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            opened.read(header, 0);
            boolean same = header.slice(0, KEY_BYTES).equals(ByteBuffer.wrap(hash));
            long stored = same ? header.getInt(KEY_BYTES) : 0;
            boolean complete = stored > 0 && opened.size() >= HEADER_BYTES + 4L * width * stored;
            rows = complete ? (int) stored : 0;
            if (rows == 0) {
                opened.truncate(0);
                opened.write(ByteBuffer.wrap(Arrays.copyOf(hash, HEADER_BYTES)), 0);
            }
            channel = opened;
        } catch (IOException e) {
            try {
                if (opened != null) {
                    opened.close();
                }
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
    }

    /** Rows that are there. */
    int rows() {
        return rows;
    }

    /** Adds whole rows behind the others. */
    void append(float[] values) {
        try {
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            write(bytes, HEADER_BYTES + 4L * width * rows);
            channel.force(false);
            rows += values.length / width;
            write(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, rows), KEY_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
    }

    private void write(ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    /** All rows, [rows, width], as long as the arena lives. */
    MemorySegment map(Arena arena) {
        try {
            return channel.map(FileChannel.MapMode.READ_ONLY, HEADER_BYTES, 4L * width * rows, arena);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
    }

    /** Removes the file, whose rows are elsewhere now. */
    void delete() {
        close();
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be removed", e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be closed", e);
        }
    }
}
