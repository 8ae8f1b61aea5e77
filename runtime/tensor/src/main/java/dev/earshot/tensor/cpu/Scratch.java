package dev.earshot.tensor.cpu;

import dev.earshot.tensor.internal.NativeMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Memory handed out piece by piece: the temporaries of an op, or the packed weights of a scope. Blocks never move or shrink,
 * so addresses stay valid until {@link #close()}; {@link #reset()} before each op lets ops share the same blocks.
 */
final class Scratch implements AutoCloseable {
    private final long blockBytes;
    private final List<NativeMemory> blocks = new ArrayList<>();
    private int block;
    private long position;
    private long used;

    /** Takes blocks of at least {@code blockBytes} from the system. */
    Scratch(long blockBytes) {
        this.blockBytes = blockBytes;
    }

    /** Bytes handed out since the last {@link #reset()}. */
    long used() {
        return used;
    }

    /** Starts over at the first block: what was handed out before belongs to another op. */
    void reset() {
        block = 0;
        position = 0;
        used = 0;
    }

    /** Address of {@code bytes} bytes, aligned to a cache line. */
    long allocate(long bytes) {
        long size = Math.max(NativeMemory.ALIGNMENT, (bytes + NativeMemory.ALIGNMENT - 1) & -NativeMemory.ALIGNMENT);
        while (block < blocks.size() && blocks.get(block).bytes() - position < size) {
            block++;
            position = 0;
        }
        if (block == blocks.size()) {
            blocks.add(NativeMemory.allocate(Math.max(size, blockBytes)));
        }
        long address = blocks.get(block).address() + position;
        position += size;
        used += size;
        return address;
    }

    @Override
    public void close() {
        blocks.forEach(NativeMemory::close);
        blocks.clear();
    }
}
