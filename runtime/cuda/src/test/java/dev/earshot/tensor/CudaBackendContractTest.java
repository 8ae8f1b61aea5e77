package dev.earshot.tensor;

/** What every backend promises, on the CUDA backend. */
class CudaBackendContractTest extends BackendContractTest {}
