package dev.earshot.cuda.device;

/**
 * What a card is.
 *
 * @param ordinal its number, from 0
 * @param major major compute capability
 * @param minor minor compute capability
 * @param multiprocessors number of multiprocessors
 * @param sharedBytesPerBlock most shared memory that a block can ask for
 * @param memoryBytes all of its memory
 * @param driverVersion CUDA version of the driver: 12040 for 12.4
 */
public record CudaDevice(
        int ordinal,
        String name,
        int major,
        int minor,
        int multiprocessors,
        int sharedBytesPerBlock,
        long memoryBytes,
        int driverVersion) {
    /** True for compute capability 9.0, which alone runs the Hopper variants. */
    public boolean isHopper() {
        return major == 9 && minor == 0;
    }

    /** For example {@code 9.0}. */
    public String computeCapability() {
        return major + "." + minor;
    }

    /** For example {@code 12.4}. */
    public String driver() {
        return driverVersion / 1000 + "." + driverVersion % 1000 / 10;
    }
}
