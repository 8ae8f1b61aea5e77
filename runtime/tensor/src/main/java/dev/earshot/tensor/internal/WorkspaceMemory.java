package dev.earshot.tensor.internal;

import dev.earshot.tensor.Storage;

/** Memory in chunks that a {@link ChunkWorkspace} hands out pieces of: host memory, or that of a device. */
public interface WorkspaceMemory extends AutoCloseable {
    /** Alignment of chunks and tensors in bytes, a power of two. */
    int alignment();

    /** Adds a chunk of {@code bytes}, a multiple of the alignment; the chunks are numbered from 0. */
    void addChunk(long bytes);

    /** Bytes of all chunks. */
    long bytes();

    /** Part of a chunk as tensor storage. */
    Storage storage(int chunk, long offset, long bytes);

    /** Sets part of a chunk. */
    void fill(int chunk, long offset, long bytes, byte value);

    /** Index of the first byte of part of a chunk that is not {@code value}, -1 if there is none. */
    long firstChange(int chunk, long offset, long bytes, byte value);

    boolean isClosed();

    /** Fails with {@code call} in its message once closed. */
    void ensureOpen(String call);

    @Override
    void close();
}
