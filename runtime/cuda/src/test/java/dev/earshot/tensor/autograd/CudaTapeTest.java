package dev.earshot.tensor.autograd;

/** The tape, on the CUDA backend. */
class CudaTapeTest extends TapeTest {}
