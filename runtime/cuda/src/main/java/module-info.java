/** The CUDA backend of the tensor runtime. */
@SuppressWarnings("requires-automatic") // JCuda has no module descriptor
module dev.earshot.cuda {
    requires dev.earshot.bindings;
    requires dev.earshot.kernels;
    requires dev.earshot.tensor;
    requires jcuda;

    exports dev.earshot.cuda;
}
