package dev.earshot.tensor;

import java.lang.foreign.MemorySegment;

/** A block of memory that tensors are views of. Owned by the {@link Workspace} or {@link ParameterScope} that made it. */
public interface Storage {
    /** Size in bytes. */
    long byteSize();

    /**
     * The block as host memory.
     *
     * @throws IllegalStateException if it lives on a device or its owner is closed
     */
    MemorySegment host();
}
