package dev.earshot.tensor.internal;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A workspace in host memory, used by the reference and the CPU backend. It holds a list of chunks and a position; an
 * allocation that does not fit into the rest of the current chunk moves on to the next chunk with room, or adds one.
 * Because the search starts at the position and goes forward only, a pass that repeats the calls of an earlier pass gets
 * the same addresses and no new chunk.
 *
 * <p>Cost: a new chunk is zeroed and its pages faulted in, see {@link HostMemory}; allocating from it is a few additions and
 * three small heap objects. Every tensor has a storage of exactly its own bytes, so that Java code which runs past its end
 * fails at once.
 *
 * <p>With sentinels every tensor is preceded and followed by at least {@value #ALIGNMENT} guard bytes;
 * {@link #checkSentinels()}, every frame's close, {@link #reset()} and {@link #close()} verify those of the tensors they
 * look at or give back. A tensor on ground that an earlier frame gave back is verified by its frame's close alone, since
 * a captured program that is replayed writes the earlier tensors there again. Switched on for a single workspace by its
 * constructor, or for all by {@code -Dearshot.sentinels=true}.
 */
public final class HostWorkspace implements Workspace {
    /** Alignment of tensors in bytes: a cache line, and the widest vector register. */
    public static final int ALIGNMENT = 64;

    private static final long SMALLEST_CHUNK = 1L << 20;
    private static final byte GUARD = (byte) 0xA5;
    private static final boolean SENTINELS = Boolean.getBoolean("earshot.sentinels");

    private final ThreadGuard guard = new ThreadGuard("workspace");
    private final LeakRegistry.Handle leak;
    private final HostMemory memory = new HostMemory("workspace");
    private final List<MemorySegment> chunks = new ArrayList<>();
    private final List<HostFrame> frames = new ArrayList<>();
    private final boolean sentinels;
    private final List<Guarded> guarded = new ArrayList<>();
    private final Runnable onClose;

    private int chunk;
    private long position;
    private int freshChunk; // everything from here on has never been given back
    private long freshPosition;
    private long used;
    private long peak;

    /** A workspace that starts with {@code bytes} (0 is fine) and runs {@code onClose} once when it is closed. */
    public HostWorkspace(long bytes, Runnable onClose) {
        this(bytes, SENTINELS, onClose);
    }

    /** As {@link #HostWorkspace(long, Runnable)}, with guard bytes round every tensor if {@code sentinels}. */
    public HostWorkspace(long bytes, boolean sentinels, Runnable onClose) {
        if (bytes < 0) {
            throw new IllegalArgumentException("workspace: expected a size >= 0, got " + bytes);
        }
        this.sentinels = sentinels;
        this.onClose = onClose;
        if (bytes > 0) {
            addChunk(bytes);
        }
        this.leak = LeakRegistry.track("workspace of " + bytes + " bytes");
    }

    @Override
    public Tensor allocate(DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), dtype.bytes());
        guard.enter("allocate");
        try {
            memory.ensureOpen("allocate");
            long margin = sentinels ? ALIGNMENT : 0;
            MemorySegment block = take(Math.addExact(roundUp(bytes), 2 * margin));
            boolean reused = chunk < freshChunk || (chunk == freshChunk && position - block.byteSize() < freshPosition);
            if (sentinels) {
                block.asSlice(0, margin).fill(GUARD);
                block.asSlice(margin + bytes).fill(GUARD);
                guarded.add(new Guarded(block, margin, bytes, dtype, shape, reused));
            }
            return Tensor.of(memory.storage(block.asSlice(margin, bytes)), 0, dtype, shape);
        } finally {
            guard.exit();
        }
    }

    /** The next {@code bytes} (a multiple of the alignment) of the first chunk from the position on that has them. */
    private MemorySegment take(long bytes) {
        while (chunk < chunks.size() && chunks.get(chunk).byteSize() - position < bytes) {
            used += chunks.get(chunk).byteSize() - position;
            chunk++;
            position = 0;
        }
        if (chunk == chunks.size()) {
            addChunk(Math.max(bytes, Math.max(memory.bytes() / 2, SMALLEST_CHUNK)));
        }
        MemorySegment block = chunks.get(chunk).asSlice(position, bytes);
        position += bytes;
        used += bytes;
        peak = Math.max(peak, used);
        return block;
    }

    private void addChunk(long bytes) {
        chunks.add(memory.allocate(roundUp(bytes)));
    }

    private static long roundUp(long bytes) {
        return Math.addExact(bytes, ALIGNMENT - 1) & -ALIGNMENT;
    }

    @Override
    public Frame frame() {
        guard.enter("frame");
        try {
            memory.ensureOpen("frame");
            HostFrame frame = new HostFrame(chunk, position, used, guarded.size());
            frames.add(frame);
            return frame;
        } finally {
            guard.exit();
        }
    }

    @Override
    public void reset() {
        guard.enter("reset");
        try {
            memory.ensureOpen("reset");
            if (!frames.isEmpty()) {
                throw new IllegalStateException(
                        "workspace: reset with %d open frame(s); close them first".formatted(frames.size()));
            }
            rewind(0, 0, 0, 0);
            freshChunk = 0;
            freshPosition = 0;
        } finally {
            guard.exit();
        }
    }

    private void rewind(int toChunk, long toPosition, long toUsed, int toGuarded) {
        if (chunk > freshChunk || (chunk == freshChunk && position > freshPosition)) {
            freshChunk = chunk;
            freshPosition = position;
        }
        chunk = toChunk;
        position = toPosition;
        used = toUsed;
        List<Guarded> released = guarded.subList(toGuarded, guarded.size());
        List<Guarded> checked = List.copyOf(released);
        released.clear();
        checked.forEach(Guarded::check);
    }

    /**
     * Verifies the guard bytes of all tensors in use.
     *
     * @throws IllegalStateException naming the first tensor that was written past
     */
    public void checkSentinels() {
        guard.enter("checkSentinels");
        try {
            memory.ensureOpen("checkSentinels");
            checkFresh();
        } finally {
            guard.exit();
        }
    }

    private void checkFresh() {
        guarded.stream().filter(each -> !each.reused()).forEach(Guarded::check);
    }

    @Override
    public long capacityBytes() {
        return memory.bytes();
    }

    /** Largest number of bytes in use so far; includes alignment, guards and the unused ends of chunks. */
    @Override
    public long peakBytes() {
        return peak;
    }

    @Override
    public void close() {
        guard.enter("close");
        try {
            if (memory.isClosed()) {
                return;
            }
            frames.clear();
            try {
                checkFresh();
            } finally {
                guarded.clear();
                chunks.clear();
                memory.close();
                leak.closed();
                onClose.run();
            }
        } finally {
            guard.exit();
        }
    }

    private record Guarded(MemorySegment block, long margin, long bytes, DType dtype, Shape shape, boolean reused) {
        void check() {
            check("before", 0, margin);
            check("after", margin + bytes, block.byteSize());
        }

        private void check(String where, long from, long to) {
            for (long i = from; i < to; i++) {
                if (block.get(ValueLayout.JAVA_BYTE, i) != GUARD) {
                    throw new IllegalStateException("workspace: guard byte %d %s tensor %s %s was overwritten"
                            .formatted(i - from, where, dtype, shape));
                }
            }
        }
    }

    private final class HostFrame implements Frame {
        private final int atChunk;
        private final long atPosition;
        private final long atUsed;
        private final int atGuarded;
        private boolean open = true;

        private HostFrame(int atChunk, long atPosition, long atUsed, int atGuarded) {
            this.atChunk = atChunk;
            this.atPosition = atPosition;
            this.atUsed = atUsed;
            this.atGuarded = atGuarded;
        }

        @Override
        public void close() {
            guard.enter("frame close");
            try {
                if (!open || memory.isClosed()) {
                    return;
                }
                if (frames.getLast() != this) {
                    throw new IllegalStateException("workspace: frame closed while %d frame(s) opened later are open"
                            .formatted(frames.size() - 1 - frames.indexOf(this)));
                }
                open = false;
                frames.removeLast();
                rewind(atChunk, atPosition, atUsed, atGuarded);
            } finally {
                guard.exit();
            }
        }
    }
}
