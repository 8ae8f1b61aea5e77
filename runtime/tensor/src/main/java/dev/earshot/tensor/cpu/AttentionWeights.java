package dev.earshot.tensor.cpu;

/** out = softmax(scale * q k^T), F32 [B, heads, Nq, Nk]: the scores by a batched product, then a softmax in place. */
record AttentionWeights(View q, View k, int heads, float scale, View out) implements Op {
    @Override
    public void bind(Binder binder) {
        View scores = binder.denseOutput(out);
        new Matmul(headsOf(q), transposed(headsOf(k)), scale, scores).bind(binder);
        new NormOps.Softmax(scores, 1, scores).bind(binder);
        binder.finish(scores, out);
    }

    /** [B, N, heads * hd] as [B, heads, N, hd]. */
    private View headsOf(View x) {
        long width = x.dim(2) / heads;
        return x.with(
                0, new long[] {x.dim(0), heads, x.dim(1), width}, new long[] {x.stride(0), width, x.stride(1), 1});
    }

    private static View transposed(View x) {
        long[] dims = x.dims().clone();
        long[] strides = x.strides().clone();
        int last = dims.length - 1;
        dims[last] = x.dims()[last - 1];
        dims[last - 1] = x.dims()[last];
        strides[last] = x.strides()[last - 1];
        strides[last - 1] = x.strides()[last];
        return x.with(0, dims, strides);
    }
}
