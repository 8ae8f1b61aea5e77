package dev.earshot.tensor.cases;

/** The op table, on the CUDA backend. */
class CudaOpCasesTest extends OpCasesTest {}
