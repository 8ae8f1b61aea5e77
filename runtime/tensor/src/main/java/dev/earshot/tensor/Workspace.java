package dev.earshot.tensor;

/**
 * Memory for activations. Allocation is a pointer bump; nothing is freed one by one. Every tensor gets a {@link Storage}
 * object of its own, also on ground that was given back, so that a storage tells which allocation a view belongs to. A {@link Frame} gives back everything
 * allocated since it was opened, {@link #reset()} gives back everything. The workspace grows by whole chunks while a pass
 * is run for the first time and never again for passes of the same shapes; memory never moves, so captured programs stay
 * valid until {@link #close()}.
 *
 * <p>Used by one thread at a time. Contents of fresh tensors are undefined.
 */
public interface Workspace extends AutoCloseable {
    /** A contiguous tensor, aligned to 64 bytes. */
    Tensor allocate(DType dtype, Shape shape);

    /** A contiguous tensor, aligned to 64 bytes. */
    default Tensor allocate(DType dtype, long... dims) {
        return allocate(dtype, Shape.of(dims));
    }

    /** Opens a frame: what is allocated until its close is given back by it. Frames nest. */
    Frame frame();

    /** Gives back all tensors; the memory is kept for the next pass. */
    void reset();

    /** Bytes held, in use or not. */
    long capacityBytes();

    /** Largest number of bytes in use at any time so far. */
    long peakBytes();

    /** Frees the memory; closing twice is allowed. */
    @Override
    void close();

    /** A stack mark of a workspace. Frames must be closed in reverse order of opening. */
    interface Frame extends AutoCloseable {
        @Override
        void close();
    }
}
