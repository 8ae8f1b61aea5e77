package dev.earshot.tensor;

/**
 * A captured sequence of ops over fixed buffers, replayed as a whole: write the input tensors, {@link #run()}, read the
 * outputs. The workspace and parameters it was captured over must outlive it. A run allocates nothing.
 */
public interface Program extends AutoCloseable {
    /** Executes every captured op in order; like an op it returns when that is done or, on a device, queued. */
    void run();

    /** Number of captured steps. */
    int steps();

    @Override
    void close();
}
