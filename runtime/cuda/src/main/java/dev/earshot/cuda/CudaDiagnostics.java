package dev.earshot.cuda;

import java.util.List;
import java.util.Map;

/**
 * What a CUDA backend has asked of the driver and holds of the card, for measurements. Counting is an addition beside each
 * call. Read it on the thread that uses the backend.
 */
public interface CudaDiagnostics {
    /** The CUDA backends that are open in this process, in the order of their opening. */
    static List<CudaDiagnostics> open() {
        return CudaBackend.allOpen();
    }

    /**
     * Driver calls since the backend was opened: launches, copies, fills, allocations, waits. What libraries and JCuda call
     * by themselves is not seen.
     */
    long driverCalls();

    /** Calls of cuBLASLt and cuDNN that put work on the stream; each is one launch or a few. */
    long libraryCalls();

    /** Bytes in use by what they are for: {@code parameter scope}, {@code workspace}, {@code scratch of ops} … */
    Map<String, Long> usedBytesByPurpose();

    /** Most bytes in use at any time since the backend was opened, or since {@link #restartPeak}. */
    long peakBytes();

    /** Looks for the peak from now on. */
    void restartPeak();

    /**
     * Bytes of the card that nobody has taken, in this process or another one: all that the driver and libraries hold counts,
     * and so does what the memory pool keeps for later.
     */
    long freeBytes();
}
