package dev.earshot.cuda.device;

import java.util.ArrayList;
import java.util.List;

/**
 * Memory for what an op needs beside its tensors, taken from the front by each op anew: ops run in stream order, so the next
 * one may overwrite it. It grows by whole chunks, which never move nor go before the queue, since captured programs keep
 * their addresses.
 */
final class ScratchMemory implements AutoCloseable {
    private static final long ALIGNMENT = 256;
    private static final long SMALLEST_CHUNK = 1L << 20;

    private final DevicePool pool;
    private final List<Chunk> chunks = new ArrayList<>();
    private int chunk;
    private long position;

    private record Chunk(long address, long bytes) {}

    ScratchMemory(DevicePool pool) {
        this.pool = pool;
    }

    void reset() {
        chunk = 0;
        position = 0;
    }

    long allocate(long bytes) {
        long size = Math.max(ALIGNMENT, (bytes + ALIGNMENT - 1) & -ALIGNMENT);
        while (chunk < chunks.size() && chunks.get(chunk).bytes() - position < size) {
            chunk++;
            position = 0;
        }
        if (chunk == chunks.size()) {
            long total = Math.max(size, SMALLEST_CHUNK);
            chunks.add(new Chunk(pool.allocate(total, "scratch of ops"), total));
        }
        long address = chunks.get(chunk).address() + position;
        position += size;
        return address;
    }

    @Override
    public void close() {
        chunks.forEach(each -> pool.free(each.address()));
        chunks.clear();
    }
}
