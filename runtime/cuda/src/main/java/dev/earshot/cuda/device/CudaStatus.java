package dev.earshot.cuda.device;

/** Statuses of the driver that are treated by themselves. */
final class CudaStatus {
    static final int OUT_OF_MEMORY = 2;

    private CudaStatus() {}
}
