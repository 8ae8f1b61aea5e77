package dev.earshot.bindings;

/**
 * Which CUDA driver a process talks to. Both answer to the same functions, and a process uses one of them from its
 * first CUDA call to its end.
 */
public enum CudaFlavour {
    /** NVIDIA's driver and libraries, for a card in this machine. */
    REAL,
    /** Earshot's own simulated device, which runs the kernels in host memory. */
    SIMULATED
}
