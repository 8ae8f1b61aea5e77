package dev.earshot.tensor.cpu;

/** The patches of an image as rows, channel first within a patch; see {@link dev.earshot.tensor.Backend#unfold}. */
record Unfold(View x, int kernelY, int kernelX, int strideY, int strideX, View out) implements Op {
    @Override
    public void bind(Binder binder) {
        // Patches as a strided view of the image: then unfolding is a copy.
        long rows = (x.dim(2) - kernelY) / strideY + 1;
        long columns = (x.dim(3) - kernelX) / strideX + 1;
        long[] dims = {x.dim(0), rows, columns, x.dim(1), kernelY, kernelX};
        View patches = x.with(0, dims, new long[] {
            x.stride(0), x.stride(2) * strideY, x.stride(3) * strideX, x.stride(1), x.stride(2), 1
        });
        long patchArea = (long) kernelY * kernelX;
        long columnStride = out.stride(1);
        View rowsOut = out.with(
                0, dims, new long[] {out.stride(0), columnStride * columns, columnStride, patchArea, kernelX, 1});
        Copy.bind(binder, patches, rowsOut);
    }
}
