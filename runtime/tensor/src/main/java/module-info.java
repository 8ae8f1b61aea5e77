/** Shapes, tensors, memory scopes, the {@code Backend} op interface and its CPU and reference implementations. */
module dev.earshot.tensor {
    exports dev.earshot.tensor;
    exports dev.earshot.tensor.reference;
    exports dev.earshot.tensor.weights;

    uses dev.earshot.tensor.BackendProvider;

    provides dev.earshot.tensor.BackendProvider with
            dev.earshot.tensor.reference.ReferenceProvider;
}
