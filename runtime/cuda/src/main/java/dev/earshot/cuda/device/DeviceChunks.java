package dev.earshot.cuda.device;

import dev.earshot.tensor.Storage;
import dev.earshot.tensor.internal.WorkspaceMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Chunks of device memory for workspaces and weights. */
public final class DeviceChunks implements WorkspaceMemory {
    /** What CUDA aligns its own allocations to; the widest vector load and every library are content with it. */
    public static final int ALIGNMENT = 256;

    private final CudaContext context;
    private final String owner;
    private final List<Long> chunks = new ArrayList<>();
    private long bytes;
    private boolean closed;

    /** Memory of {@code owner}, named so in errors: {@code "workspace"}. */
    public DeviceChunks(CudaContext context, String owner) {
        this.context = context;
        this.owner = owner;
    }

    @Override
    public int alignment() {
        return ALIGNMENT;
    }

    @Override
    public void addChunk(long size) {
        ensureOpen("allocate");
        context.makeCurrent();
        chunks.add(context.pool().allocate(size, owner));
        bytes += size;
    }

    /** Address of a fresh chunk of at least {@code size} bytes. */
    public long allocate(long size) {
        addChunk(Math.max(ALIGNMENT, (size + ALIGNMENT - 1) & -ALIGNMENT));
        return chunks.getLast();
    }

    /** The chunk at {@code address} as tensor storage of {@code size} bytes. */
    public Storage storage(long address, long size) {
        return DeviceTensors.storage(address, size, context, owner, this::isClosed);
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public Storage storage(int chunk, long offset, long size) {
        return storage(chunks.get(chunk) + offset, size);
    }

    @Override
    public void fill(int chunk, long offset, long size, byte value) {
        context.makeCurrent();
        context.queue().fill(chunks.get(chunk) + offset, size, value);
    }

    @Override
    public long firstChange(int chunk, long offset, long size, byte value) {
        if (!context.isUsable()) {
            return -1; // nothing can be read any more, and the error that led here was told
        }
        MemorySegment guard = context.transfers().read(chunks.get(chunk) + offset, size);
        for (long i = 0; i < size; i++) {
            if (guard.get(ValueLayout.JAVA_BYTE, i) != value) {
                return i;
            }
        }
        return -1;
    }

    @Override
    public boolean isClosed() {
        return closed;
    }

    @Override
    public void ensureOpen(String call) {
        if (closed) {
            throw new IllegalStateException(owner + ": " + call + " after close");
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            bytes = 0;
            context.releaseCurrent();
            chunks.forEach(context.pool()::free);
            chunks.clear();
        }
    }
}
