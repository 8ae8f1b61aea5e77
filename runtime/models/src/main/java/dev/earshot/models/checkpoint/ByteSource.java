package dev.earshot.models.checkpoint;

import dev.earshot.tensor.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Bounded reads at any place of a file or of memory. Plain reads and no mapping, so that a file cut off meanwhile is a named
 * error and not a fault.
 */
final class ByteSource implements AutoCloseable {
    private final String name;
    private final FileChannel channel;
    private final ByteBuffer memory;
    private final long size;

    private ByteSource(String name, FileChannel channel, ByteBuffer memory, long size) {
        this.name = name;
        this.channel = channel;
        this.memory = memory;
        this.size = size;
    }

    static ByteSource open(Path path) {
        try {
            FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
            try {
                return new ByteSource(path.toString(), channel, null, channel.size());
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read checkpoint " + path + ": " + e, e);
        }
    }

    static ByteSource of(String name, byte[] bytes) {
        return new ByteSource(name, null, ByteBuffer.wrap(bytes), bytes.length);
    }

    /** The file's name for messages. */
    String name() {
        return name;
    }

    /** Bytes in the file when it was opened. */
    long size() {
        return size;
    }

    /** Fills {@code buffer} from {@code offset}. */
    void read(long offset, ByteBuffer buffer) {
        if (offset < 0 || offset > size - buffer.remaining()) {
            throw error("file", "at least " + (offset + buffer.remaining()) + " bytes", Long.toString(size));
        }
        if (memory != null) {
            int length = buffer.remaining();
            buffer.put(memory.slice((int) offset, length));
            return;
        }
        try {
            long at = offset;
            while (buffer.hasRemaining()) {
                int count = channel.read(buffer, at);
                if (count < 0) {
                    throw error("file", size + " bytes as when it was opened", at + " now");
                }
                at += count;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read checkpoint " + name + ": " + e, e);
        }
    }

    /** {@code length} bytes from {@code offset}, little-endian. */
    ByteBuffer read(long offset, int length) {
        if (offset < 0 || offset > size - length) {
            throw error("file", "at least " + (offset + length) + " bytes", Long.toString(size));
        }
        ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        read(offset, buffer);
        return buffer.flip();
    }

    /** The exception of this file. */
    WeightsException error(String what, String expected, String got) {
        return WeightsException.of(name, what, expected, got);
    }

    @Override
    public void close() {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                throw new UncheckedIOException("cannot close checkpoint " + name + ": " + e, e);
            }
        }
    }
}
