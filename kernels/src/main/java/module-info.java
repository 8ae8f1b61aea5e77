/** CUDA kernels as PTX resources; no Java code beyond the resource lookup. */
module dev.earshot.kernels {
    exports dev.earshot.kernels;
}
