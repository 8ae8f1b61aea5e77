package dev.earshot.tensor;

/** Special values, on the CUDA backend. */
class CudaSpecialValuesTest extends SpecialValuesTest {}
