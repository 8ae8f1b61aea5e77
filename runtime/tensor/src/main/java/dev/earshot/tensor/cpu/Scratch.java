package dev.earshot.tensor.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * Temporary memory that lives within one op. Blocks never move or shrink, so steps bound earlier stay valid while later ops
 * ask for more; {@link #reset()} before each op lets ops share the same blocks.
 */
final class Scratch implements AutoCloseable {
    private static final long SMALLEST_BLOCK = 1L << 20;

    private final List<NativeMemory> blocks = new ArrayList<>();
    private int block;
    private long position;

    /** Starts over at the first block: what was handed out before belongs to another op. */
    void reset() {
        block = 0;
        position = 0;
    }

    /** Address of {@code bytes} bytes, aligned to a cache line. */
    long allocate(long bytes) {
        long size = Math.max(NativeMemory.ALIGNMENT, (bytes + NativeMemory.ALIGNMENT - 1) & -NativeMemory.ALIGNMENT);
        while (block < blocks.size() && blocks.get(block).bytes() - position < size) {
            block++;
            position = 0;
        }
        if (block == blocks.size()) {
            long held = blocks.stream().mapToLong(NativeMemory::bytes).sum();
            blocks.add(NativeMemory.allocate(Math.max(size, Math.max(held / 2, SMALLEST_BLOCK))));
        }
        long address = blocks.get(block).address() + position;
        position += size;
        return address;
    }

    @Override
    public void close() {
        blocks.forEach(NativeMemory::close);
        blocks.clear();
    }
}
