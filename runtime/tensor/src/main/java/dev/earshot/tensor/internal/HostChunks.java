package dev.earshot.tensor.internal;

import dev.earshot.tensor.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Chunks of host memory. */
final class HostChunks implements WorkspaceMemory {
    private final HostMemory memory = new HostMemory("workspace");
    private final List<MemorySegment> chunks = new ArrayList<>();

    @Override
    public int alignment() {
        return HostMemory.ALIGNMENT;
    }

    @Override
    public void addChunk(long bytes) {
        chunks.add(memory.allocate(bytes));
    }

    @Override
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public Storage storage(int chunk, long offset, long bytes) {
        return memory.storage(part(chunk, offset, bytes));
    }

    private MemorySegment part(int chunk, long offset, long bytes) {
        return chunks.get(chunk).asSlice(offset, bytes);
    }

    @Override
    public void fill(int chunk, long offset, long bytes, byte value) {
        part(chunk, offset, bytes).fill(value);
    }

    @Override
    public long firstChange(int chunk, long offset, long bytes, byte value) {
        MemorySegment guard = part(chunk, offset, bytes);
        for (long i = 0; i < bytes; i++) {
            if (guard.get(ValueLayout.JAVA_BYTE, i) != value) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public boolean isClosed() {
        return memory.isClosed();
    }

    @Override
    public void ensureOpen(String call) {
        memory.ensureOpen(call);
    }

    @Override
    public void close() {
        chunks.clear();
        memory.close();
    }
}
