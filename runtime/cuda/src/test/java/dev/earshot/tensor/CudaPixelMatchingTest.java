package dev.earshot.tensor;

/** Pixel matching, on the CUDA backend. */
class CudaPixelMatchingTest extends PixelMatchingTest {}
