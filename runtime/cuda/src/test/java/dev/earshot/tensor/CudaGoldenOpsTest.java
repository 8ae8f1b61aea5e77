package dev.earshot.tensor;

/** The goldens of single ops, on the CUDA backend. */
class CudaGoldenOpsTest extends GoldenOpsTest {}
