package dev.earshot.cuda.device;

import java.lang.foreign.MemorySegment;

/**
 * Work that a library (cuBLASLt, cuDNN) puts on a stream. It is run at once and, if a program is being captured, again when
 * the program's graph is made; so it must own copies of everything that changes from call to call (addresses, factors).
 */
@FunctionalInterface
public interface LibraryCall {
    /** Puts the work on {@code stream}, a {@code CUstream}; throws {@link dev.earshot.cuda.CudaException} on failure. */
    void run(MemorySegment stream);
}
