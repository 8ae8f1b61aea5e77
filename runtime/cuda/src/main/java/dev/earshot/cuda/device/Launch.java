package dev.earshot.cuda.device;

import dev.earshot.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The arguments of one kernel launch, written straight into native memory that is reused by every launch of a queue. Every
 * argument's size is compared with the kernel's parameter list, so that a wrong order or a forgotten argument is an error
 * here and not a wild pointer there. Made by {@link Queue#launch}; used up by {@code run}.
 */
public final class Launch {
    /** Bytes of all arguments together that a kernel may take; CUDA allows 4 KB. */
    private static final int MOST_BYTES = 4096;

    private static final int SLOT = 8;

    private final Queue queue;
    private final CudaContext context;
    private final Arena arena;
    private final MemorySegment values;
    private Kernel kernel;
    private int[] sizes;
    private int count;
    private int position;

    Launch(Queue queue, CudaContext context, Arena arena) {
        this.queue = queue;
        this.context = context;
        this.arena = arena;
        this.values = arena.allocate(MOST_BYTES, 16);
    }

    /**
     * The addresses of arguments of these sizes, in the form that the driver wants: made once per kernel. Without the arena's
     * scope, of which a call would take hold and let go again; the values, written before each launch, are under it.
     */
    MemorySegment addresses(int[] parameterSizes) {
        return MemorySegment.ofAddress(
                layOut(parameterSizes, values.address(), arena).address());
    }

    private static MemorySegment layOut(int[] sizes, long valuesAddress, Arena arena) {
        MemorySegment addresses = arena.allocate(Math.max(1, sizes.length) * (long) SLOT, SLOT);
        long at = valuesAddress;
        for (int i = 0; i < sizes.length; i++) {
            addresses.setAtIndex(ValueLayout.JAVA_LONG, i, at);
            at += slots(sizes[i]);
        }
        return addresses;
    }

    /** Bytes that an argument takes, rounded up to whole slots. */
    private static int slots(int bytes) {
        return (bytes + SLOT - 1) & -SLOT;
    }

    Launch begin(Kernel next) {
        kernel = next;
        sizes = next.parameterSizes();
        count = 0;
        position = 0;
        return this;
    }

    /** Device address of the first element of {@code x}, which must live on this device. */
    public Launch tensor(Tensor x) {
        return address(context.address(x));
    }

    /** A device address. */
    public Launch address(long address) {
        return longInteger(address);
    }

    /** A {@code long long}. */
    public Launch longInteger(long value) {
        values.set(ValueLayout.JAVA_LONG, next(Long.BYTES), value);
        return this;
    }

    /** An {@code int}. */
    public Launch integer(int value) {
        values.set(ValueLayout.JAVA_INT, next(Integer.BYTES), value);
        return this;
    }

    /** An {@code int}, checked to be one. */
    public Launch integer(long value) {
        return integer(Math.toIntExact(value));
    }

    /** A {@code float}. */
    public Launch real(float value) {
        values.set(ValueLayout.JAVA_FLOAT, next(Float.BYTES), value);
        return this;
    }

    /** A {@code double}. */
    public Launch real64(double value) {
        values.set(ValueLayout.JAVA_DOUBLE, next(Double.BYTES), value);
        return this;
    }

    /** A struct of 8-byte words, passed by value. */
    public Launch struct(long[] words) {
        long at = next(words.length * Long.BYTES);
        MemorySegment.copy(words, 0, values, ValueLayout.JAVA_LONG, at, words.length);
        return this;
    }

    /** The rows of a view as a {@code Rows} struct. */
    public Launch rows(RowView rows) {
        return struct(rows.words());
    }

    private long next(int bytes) {
        if (count == sizes.length || sizes[count] != bytes) {
            throw new IllegalArgumentException("%s argument %d: expected %s, got %d bytes"
                    .formatted(
                            kernel,
                            count,
                            count == sizes.length ? "no more arguments" : sizes[count] + " bytes",
                            bytes));
        }
        count++;
        int at = position;
        position = at + slots(bytes);
        return at;
    }

    /** Launches a one-dimensional grid of {@code grid} blocks of {@code block} threads. */
    public void run(long grid, int block) {
        run(grid, 1, 1, block, 0);
    }

    /** Launches a grid with {@code sharedBytes} of dynamic shared memory per block. */
    public void run(long gridX, int gridY, int gridZ, int block, int sharedBytes) {
        if (count != sizes.length) {
            throw new IllegalArgumentException(
                    "%s: expected %d arguments, got %d".formatted(kernel, sizes.length, count));
        }
        if (gridX < 1 || gridX > Integer.MAX_VALUE || gridY < 1 || gridY > 65535 || gridZ < 1 || gridZ > 65535) {
            throw new IllegalArgumentException("%s grid: expected up to 2^31-1 x 65535 x 65535 blocks, got %d x %d x %d"
                    .formatted(kernel, gridX, gridY, gridZ));
        }
        kernel.reserveShared(sharedBytes);
        queue.launched(kernel, (int) gridX, gridY, gridZ, block, sharedBytes);
    }

    /** A copy of the arguments that lives as long as {@code arena}; its addresses in the form that the driver wants. */
    MemorySegment copyArguments(Arena arena) {
        MemorySegment kept = arena.allocate(Math.max(SLOT, position), 16);
        MemorySegment.copy(values, 0, kept, 0, position);
        return layOut(sizes, kept.address(), arena);
    }
}
