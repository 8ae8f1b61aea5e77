package dev.earshot.cuda.device;

/**
 * Settings of a CUDA backend.
 *
 * @param name first part of its name: {@code cuda} or {@code simcuda}
 * @param tf32 F32 products may use the matrix units' tf32 mode: about 3 decimal digits, several times faster
 * @param memoryLimit most bytes of device memory to take
 */
public record CudaOptions(String name, boolean tf32, long memoryLimit) {
    /** No limit but the card's own. */
    public static final long NO_LIMIT = Long.MAX_VALUE;

    public CudaOptions {
        if (memoryLimit <= 0) {
            throw new IllegalArgumentException(
                    "cuda memory limit: expected a positive number of bytes, got " + memoryLimit);
        }
    }
}
