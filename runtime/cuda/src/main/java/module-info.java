/** The CUDA backend of the tensor runtime. */
@SuppressWarnings({
    "module", // earshot-bench is built after this module
    "requires-automatic" // JCuda has no module descriptor
})
module dev.earshot.cuda {
    requires transitive dev.earshot.bindings;
    requires dev.earshot.kernels;
    requires transitive dev.earshot.tensor;
    requires jcuda;

    exports dev.earshot.cuda;
    exports dev.earshot.cuda.device to
            dev.earshot.bench; // what a launch costs

    provides dev.earshot.tensor.BackendProvider with
            dev.earshot.cuda.CudaProvider,
            dev.earshot.cuda.SimulatedCudaProvider;
}
