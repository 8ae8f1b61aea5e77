/** The CUDA backend of the tensor runtime. */
module dev.earshot.cuda {
    requires dev.earshot.tensor;
}
