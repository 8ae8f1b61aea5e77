/** The CUDA backend of the tensor runtime. */
@SuppressWarnings("requires-automatic") // JCuda has no module descriptor
module dev.earshot.cuda {
    requires transitive dev.earshot.bindings;
    requires dev.earshot.kernels;
    requires transitive dev.earshot.tensor;
    requires jcuda;

    exports dev.earshot.cuda;

    provides dev.earshot.tensor.BackendProvider with
            dev.earshot.cuda.CudaProvider,
            dev.earshot.cuda.SimulatedCudaProvider;
}
