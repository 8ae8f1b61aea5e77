/** Shapes, tensors, memory scopes, the {@code Backend} op interface and its CPU and reference implementations. */
@SuppressWarnings("module") // earshot-cuda and earshot-bench are built after this module
module dev.earshot.tensor {
    requires dev.earshot.bindings;

    exports dev.earshot.tensor;
    exports dev.earshot.tensor.autograd;
    exports dev.earshot.tensor.cases;
    exports dev.earshot.tensor.cpu;
    exports dev.earshot.tensor.kmeans;
    exports dev.earshot.tensor.internal to
            dev.earshot.bench,
            dev.earshot.cuda;
    exports dev.earshot.tensor.reference;
    exports dev.earshot.tensor.weights;

    uses dev.earshot.tensor.BackendProvider;

    provides dev.earshot.tensor.BackendProvider with
            dev.earshot.tensor.cpu.CpuProvider,
            dev.earshot.tensor.reference.ReferenceProvider;
}
