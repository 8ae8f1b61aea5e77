package dev.earshot.cuda.device;

import java.lang.foreign.MemorySegment;

/**
 * Copies between host and device through two page-locked buffers, so that the host fills or empties one while the device
 * works on the other: pageable memory would be copied by the driver in small synchronous pieces. Bytes only; types and
 * strides are changed on the device.
 */
public final class Transfers implements AutoCloseable {
    private static final long BUFFER_BYTES = 8L << 20;
    private static final long ALIGNMENT = 256;

    private final CudaContext context;
    private final Driver driver;
    private final Buffer[] buffers = new Buffer[2];
    private int current; // the buffer that is written to
    private long used; // its first bytes, which copies to the device may still read

    /** A buffer with the event after which it may be touched again. */
    private record Buffer(MemorySegment memory, MemorySegment done) {}

    Transfers(CudaContext context) {
        this.context = context;
        this.driver = context.driver();
    }

    private Buffer buffer(int index) {
        if (buffers[index] == null) {
            buffers[index] = new Buffer(driver.allocateHost(BUFFER_BYTES), driver.createEvent());
            driver.record(buffers[index].done, context.queue().stream());
        }
        return buffers[index];
    }

    /**
     * Copies host bytes to device address {@code to}. They are read when this returns, and on the device before whatever is
     * issued next. Small inputs lie side by side in a buffer and cost one driver call each; only when both buffers are full
     * is the first copy waited for.
     */
    public void write(MemorySegment from, long to) {
        MemorySegment stream = context.queue().stream();
        for (long done = 0; done < from.byteSize(); ) {
            if (used >= BUFFER_BYTES) {
                driver.record(buffer(current).done, stream);
                current = 1 - current;
                driver.synchronizeEvent(buffer(current).done);
                used = 0;
            }
            MemorySegment memory = buffer(current).memory;
            long bytes = Math.min(BUFFER_BYTES - used, from.byteSize() - done);
            MemorySegment.copy(from, done, memory, used, bytes);
            driver.copyToDevice(to + done, memory.asSlice(used, bytes), bytes, stream);
            used += Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
            done += bytes;
        }
    }

    /** Copies device bytes to host memory, after all work issued so far. */
    public void read(long from, MemorySegment to) {
        MemorySegment stream = context.queue().stream();
        long total = to.byteSize();
        long issued = 0;
        for (long done = 0; done < total; done += BUFFER_BYTES) {
            for (; issued < Math.min(total, done + 2 * BUFFER_BYTES); issued += BUFFER_BYTES) {
                Buffer next = buffer((int) (issued / BUFFER_BYTES % 2));
                driver.copyToHost(next.memory, from + issued, Math.min(BUFFER_BYTES, total - issued), stream);
                driver.record(next.done, stream);
            }
            Buffer ready = buffer((int) (done / BUFFER_BYTES % 2));
            driver.synchronizeEvent(ready.done);
            MemorySegment.copy(ready.memory, 0, to, done, Math.min(BUFFER_BYTES, total - done));
            used = 0; // whatever was issued before is done too
        }
    }

    /** A host copy of a few device bytes. */
    MemorySegment read(long from, long bytes) {
        context.makeCurrent();
        MemorySegment copy = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
        read(from, copy);
        return copy;
    }

    /** Device floats into an array. */
    public void read(long from, float[] to) {
        read(from, MemorySegment.ofArray(to));
    }

    /** Device longs into an array. */
    public void read(long from, long[] to) {
        read(from, MemorySegment.ofArray(to));
    }

    @Override
    public void close() {
        for (Buffer buffer : buffers) {
            if (buffer != null) {
                driver.destroyEvent(buffer.done);
                driver.freeHost(buffer.memory);
            }
        }
    }
}
