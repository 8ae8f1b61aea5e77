package dev.earshot.tensor.internal;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * The workspace of every backend: a list of chunks of a {@link WorkspaceMemory} and a position. An
 * allocation that does not fit into the rest of the current chunk moves on to the next chunk with room, or adds one.
 * Because the search starts at the position and goes forward only, a pass that repeats the calls of an earlier pass gets
 * the same addresses and no new chunk.
 *
 * <p>Cost: a new chunk of host memory is zeroed and its pages faulted in, see {@link HostMemory}; allocating from it is a few
 * additions and three small heap objects. Every tensor has a storage of exactly its own bytes, so that Java code which runs past its end
 * fails at once.
 *
 * <p>With sentinels every tensor is preceded and followed by guard bytes;
 * {@link #checkSentinels()}, every frame's close, {@link #reset()} and {@link #close()} verify those of the tensors they
 * look at or give back. A tensor on ground that an earlier frame gave back is verified by its frame's close alone, since
 * a captured program that is replayed writes the earlier tensors there again. Switched on for a single workspace by its
 * constructor, or for all by {@code -Dearshot.sentinels=true}.
 */
public final class ChunkWorkspace implements Workspace {
    private static final long SMALLEST_CHUNK = 1L << 20;
    private static final byte GUARD = (byte) 0xA5;
    private static final boolean SENTINELS = Boolean.getBoolean("earshot.sentinels");

    private final ThreadGuard guard = new ThreadGuard("workspace");
    private final LeakRegistry.Handle leak;
    private final WorkspaceMemory memory;
    private final int alignment;
    private final List<Long> chunks = new ArrayList<>();
    private final List<ChunkFrame> frames = new ArrayList<>();
    private final boolean sentinels;
    private final List<Guarded> guarded = new ArrayList<>();
    private final Runnable onClose;

    private int chunk;
    private long position;
    private int freshChunk; // everything from here on has never been given back
    private long freshPosition;
    private long used;
    private long peak;

    /** A workspace in host memory; see {@link #ChunkWorkspace(WorkspaceMemory, long, Runnable)}. */
    public static ChunkWorkspace onHost(long bytes, Runnable onClose) {
        return new ChunkWorkspace(new HostChunks(), bytes, onClose);
    }

    /**
     * A workspace over {@code memory}, which it closes, that starts with {@code bytes} (0 is fine) and runs {@code onClose}
     * once when it is closed.
     */
    public ChunkWorkspace(WorkspaceMemory memory, long bytes, Runnable onClose) {
        this(memory, bytes, SENTINELS, onClose);
    }

    /** As the other constructor, with guard bytes round every tensor if {@code sentinels}. */
    ChunkWorkspace(WorkspaceMemory memory, long bytes, boolean sentinels, Runnable onClose) {
        this.memory = memory;
        this.alignment = memory.alignment();
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
            long margin = sentinels ? alignment : 0;
            long size = Math.addExact(roundUp(bytes), 2 * margin);
            take(size);
            long start = position - size;
            long from = start + margin;
            if (sentinels) {
                boolean reused = chunk < freshChunk || (chunk == freshChunk && start < freshPosition);
                memory.fill(chunk, start, margin, GUARD);
                memory.fill(chunk, from + bytes, position - from - bytes, GUARD);
                guarded.add(new Guarded(chunk, from, bytes, position, dtype, shape, reused));
            }
            return Tensor.of(memory.storage(chunk, from, bytes), 0, dtype, shape);
        } finally {
            guard.exit();
        }
    }

    /** Moves the position past the next {@code bytes} (a multiple of the alignment) of the first chunk that has them. */
    private void take(long bytes) {
        while (chunk < chunks.size() && chunks.get(chunk) - position < bytes) {
            used += chunks.get(chunk) - position;
            chunk++;
            position = 0;
        }
        if (chunk == chunks.size()) {
            addChunk(Math.max(bytes, Math.max(memory.bytes() / 2, SMALLEST_CHUNK)));
        }
        position += bytes;
        used += bytes;
        peak = Math.max(peak, used);
    }

    private void addChunk(long bytes) {
        long size = roundUp(bytes);
        memory.addChunk(size);
        chunks.add(size);
    }

    private long roundUp(long bytes) {
        return Math.addExact(bytes, alignment - 1) & -alignment;
    }

    @Override
    public Frame frame() {
        guard.enter("frame");
        try {
            memory.ensureOpen("frame");
            ChunkFrame frame = new ChunkFrame(chunk, position, used, guarded.size());
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

    /** A tensor between guards: elements in [from, from + bytes) of a chunk, guards before and up to {@code end}. */
    private final class Guarded {
        private final int inChunk;
        private final long from;
        private final long bytes;
        private final long end;
        private final String tensor;
        private final boolean reused;

        private Guarded(int inChunk, long from, long bytes, long end, DType dtype, Shape shape, boolean reused) {
            this.inChunk = inChunk;
            this.from = from;
            this.bytes = bytes;
            this.end = end;
            this.tensor = dtype + " " + shape;
            this.reused = reused;
        }

        boolean reused() {
            return reused;
        }

        void check() {
            check("before", from - alignment, from);
            check("after", from + bytes, end);
        }

        private void check(String where, long first, long last) {
            long changed = memory.firstChange(inChunk, first, last - first, GUARD);
            if (changed >= 0) {
                throw new IllegalStateException(
                        "workspace: guard byte %d %s tensor %s was overwritten".formatted(changed, where, tensor));
            }
        }
    }

    private final class ChunkFrame implements Frame {
        private final int atChunk;
        private final long atPosition;
        private final long atUsed;
        private final int atGuarded;
        private boolean open = true;

        private ChunkFrame(int atChunk, long atPosition, long atUsed, int atGuarded) {
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
