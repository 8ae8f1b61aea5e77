package dev.earshot.segmentation.audio;

import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;

/** A read-only channel over bytes in memory. */
final class MemoryChannel implements SeekableByteChannel {
    private final byte[] bytes;
    private long position;

    MemoryChannel(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public int read(ByteBuffer to) {
        if (position >= bytes.length) {
            return -1;
        }
        int n = (int) Math.min(to.remaining(), bytes.length - position);
        to.put(bytes, (int) position, n);
        position += n;
        return n;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public SeekableByteChannel position(long to) {
        position = to;
        return this;
    }

    @Override
    public long size() {
        return bytes.length;
    }

    @Override
    public int write(ByteBuffer from) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public SeekableByteChannel truncate(long size) {
        throw new UnsupportedOperationException("read-only");
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {}
}
