package dev.earshot.tensor.cpu;

import java.lang.foreign.MemorySegment;

/** What belongs to one worker: its oneDNN stream and its scratch memory. Worker 0 is the calling thread. */
final class Worker implements AutoCloseable {
    private static final long SCRATCH_BLOCK = 1L << 20;

    private final int index;
    private final OneDnn onednn;
    private final MemorySegment stream;
    private final Scratch scratch = new Scratch(SCRATCH_BLOCK);
    private final Scratch scratchpad = new Scratch(SCRATCH_BLOCK);
    private final HeapScratch heap = new HeapScratch();
    private boolean closed;

    Worker(int index, OneDnn onednn) {
        this.index = index;
        this.onednn = onednn;
        this.stream = onednn.createStream();
    }

    int index() {
        return index;
    }

    OneDnn onednn() {
        return onednn;
    }

    MemorySegment stream() {
        return stream;
    }

    /** Temporaries of the op being bound. */
    Scratch scratch() {
        return scratch;
    }

    /** Address of a scratchpad for one primitive at a time: all calls of this worker share it. */
    long scratchpad(long bytes) {
        scratchpad.reset();
        return scratchpad.allocate(bytes);
    }

    /** Temporaries on the Java heap of the op being run. */
    HeapScratch heap() {
        return heap;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            OneDnn.destroyStream(stream);
            scratch.close();
            scratchpad.close();
        }
    }
}
