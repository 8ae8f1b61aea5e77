package dev.earshot.cuda;

import dev.earshot.cuda.blas.CudaLinear;
import dev.earshot.cuda.dnn.CudaConvolution;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.internal.GridChecks;
import dev.earshot.tensor.internal.ImageChecks;
import dev.earshot.tensor.internal.KMeansChecks;
import dev.earshot.tensor.internal.MaskChecks;
import dev.earshot.tensor.internal.OpChecks;
import dev.earshot.tensor.internal.PixelMatchingChecks;
import dev.earshot.tensor.internal.TopKChecks;
import dev.earshot.tensor.internal.TrainingChecks;

/** The forward ops of the CUDA backend: arguments are checked here, the work is done by the families of {@link CudaOps}. */
abstract sealed class CudaForward implements Backend permits CudaBackend {
    final CudaOps ops;

    CudaForward(CudaOps ops) {
        this.ops = ops;
    }

    /** Runs an op, with the checks of thread and life; nothing where {@code work} is empty. */
    abstract void issue(String call, Tensor work, Runnable op);

    CudaLinear own(Linear layer) {
        if (!(layer instanceof CudaLinear linear) || ((CudaParameters) linear.owner()).backend() != this) {
            throw new IllegalArgumentException(
                    "linear layer: expected one made by a parameter scope of this backend, got " + layer);
        }
        ((CudaParameters) linear.owner()).ensureOpen("linear");
        return linear;
    }

    private CudaConvolution own(Convolution layer) {
        if (!(layer instanceof CudaConvolution convolution)
                || ((CudaParameters) convolution.owner()).backend() != this) {
            throw new IllegalArgumentException(
                    "conv2d convolution: expected one made by a parameter scope of this backend, got " + layer);
        }
        ((CudaParameters) convolution.owner()).ensureOpen("conv2d");
        return convolution;
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor out) {
        OpChecks.linear(x, layer, out);
        CudaLinear own = own(layer);
        issue("linear", out, () -> ops.products().linear(x, own, activation, out));
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor residual, Tensor out) {
        OpChecks.linear(x, layer, residual, out);
        CudaLinear own = own(layer);
        issue("linear", out, () -> ops.products().linear(x, own, activation, residual, out));
    }

    @Override
    public void matmul(Tensor a, Tensor b, float alpha, Tensor out) {
        OpChecks.matmul(a, b, out);
        issue("matmul", out, () -> {
            if (a.dim(-1) == 0) {
                ops.elementwise().fill(out, 0);
            } else {
                ops.products().matmul(a, b, alpha, out);
            }
        });
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        OpChecks.layerNorm(x, gamma, beta, out);
        issue("layerNorm", out, () -> ops.rows().layerNorm(x, gamma, beta, eps, out));
    }

    @Override
    public void layerNorm(Tensor x, float eps, Tensor out) {
        OpChecks.layerNorm(x, out);
        issue("layerNorm", out, () -> ops.rows().layerNorm(x, eps, out));
    }

    @Override
    public void softmax(Tensor x, float scale, Tensor out) {
        OpChecks.softmax(x, out);
        issue("softmax", out, () -> ops.rows().softmax(x, scale, out));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        OpChecks.attention(q, k, v, heads, out);
        issue("attention", out, () -> ops.attention().attention(q, k, v, heads, scale, out));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        OpChecks.attention(q, k, v, heads, bias, out);
        issue("attention", out, () -> ops.attention().attention(q, k, v, heads, scale, bias, out));
    }

    @Override
    public void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        OpChecks.attentionWeights(q, k, heads, out);
        issue("attentionWeights", out, () -> ops.attention().attentionWeights(q, k, heads, scale, out));
    }

    @Override
    public void conv2d(Tensor x, Convolution convolution, Tensor out) {
        CudaConvolution own = own(convolution);
        ImageChecks.conv2d(x, convolution, out);
        issue("conv2d", out, () -> ops.convolutions().conv2d(x, own, out));
    }

    @Override
    public void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        ImageChecks.unfold(x, kernelY, kernelX, strideY, strideX, out);
        issue("unfold", out, () -> ops.images().unfold(x, kernelY, kernelX, strideY, strideX, out));
    }

    @Override
    public void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        ImageChecks.pool2d(x, kernel, stride, pad, out);
        issue("pool2d", out, () -> ops.images().pool2d(x, op, kernel, stride, pad, out));
    }

    @Override
    public void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        ImageChecks.resize(x, stepY, stepX, out);
        issue("resize", out, () -> ops.images().resize(x, kind, stepY, stepX, out));
    }

    @Override
    public void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out) {
        ImageChecks.normalizeImage(x, mean, std, out);
        issue("normalizeImage", out, () -> ops.elementwise().normalizeImage(x, mean, std, out));
    }

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        OpChecks.elementwise("unary", x, out);
        issue("unary", out, () -> ops.elementwise().unary(op, x, out));
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        OpChecks.binary(a, b, out);
        issue("binary", out, () -> ops.elementwise().binary(op, a, b, out));
    }

    @Override
    public void affine(Tensor x, float alpha, float beta, Tensor out) {
        OpChecks.elementwise("affine", x, out);
        issue("affine", out, () -> ops.elementwise().affine(x, alpha, beta, out));
    }

    @Override
    public void copy(Tensor x, Tensor out) {
        OpChecks.copy(x, out);
        issue("copy", out, () -> ops.elementwise().copy(x, out));
    }

    @Override
    public void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        OpChecks.reduce(op, x, axis, out);
        issue("reduce", out, () -> {
            if (x.dim(axis) == 0) { // only a sum may be empty
                ops.elementwise().fill(out, 0);
            } else {
                ops.reductions().reduce(op, x, axis, out);
            }
        });
    }

    @Override
    public void argmax(Tensor x, Tensor out) {
        OpChecks.argmax(x, out);
        issue("argmax", out, () -> ops.reductions().argmax(x, out));
    }

    @Override
    public void l2Normalize(Tensor x, float eps, Tensor out) {
        OpChecks.l2Normalize(x, out);
        issue("l2Normalize", out, () -> ops.rows().l2Normalize(x, eps, out));
    }

    @Override
    public void crossModalAttention(Tensor u, Tensor t, Tensor gate, float scale, Tensor out) {
        TrainingChecks.crossModalAttention(u, t, gate, out);
        issue("crossModalAttention", out, () -> ops.attention().crossModalAttention(u, t, gate, scale, out));
    }

    @Override
    public void mergeTopK(
            Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        TopKChecks.mergeTopK(x, rowGroups, columnGroups, firstColumn, values, indices);
        issue(
                "mergeTopK",
                x,
                () -> ops.reductions().mergeTopK(x, rowGroups, columnGroups, firstColumn, values, indices));
    }

    @Override
    public void cosineKMeans(
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia) {
        KMeansChecks.cosineKMeans(x, indices, settings, labels, centroids, similarities, inertia);
        issue(
                "cosineKMeans",
                inertia,
                () -> ops.kMeans().cosineKMeans(x, indices, settings, labels, centroids, similarities, inertia));
    }

    @Override
    public void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        issue("pixelMatching", g, () -> ops.matching().pixelMatching(f, g, settings, cost, winners, saved));
    }

    @Override
    public void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        PixelMatchingChecks.weights("pixelMatching", f, settings, weights);
        issue("pixelMatching", g, () -> ops.matching().pixelMatching(f, g, settings, weights, cost, winners, saved));
    }

    @Override
    public void gridAttention(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor rowTable, Tensor columnTable, Tensor out) {
        GridChecks.gridAttention(q, k, v, heads, rowTable, columnTable, out);
        issue("gridAttention", out, () -> ops.grids().gridAttention(q, k, v, heads, scale, rowTable, columnTable, out));
    }

    @Override
    public void partitionWindows(Tensor x, int window, Tensor padding, Tensor out) {
        GridChecks.partitionWindows(x, window, padding, out);
        issue("partitionWindows", out, () -> ops.grids().partitionWindows(x, window, padding, out));
    }

    @Override
    public void mergeWindows(Tensor x, int window, Tensor out) {
        GridChecks.mergeWindows(x, window, out);
        issue("mergeWindows", out, () -> ops.grids().mergeWindows(x, window, out));
    }

    @Override
    public void measureMasks(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out) {
        MaskChecks.measureMasks(logits, threshold, offset, out);
        issue("measureMasks", out, () -> ops.masks().measureMasks(logits, resize, threshold, offset, out));
    }

    @Override
    public void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        MaskChecks.maskBits(logits, chosen, resize, threshold, out);
        issue("maskBits", out, () -> ops.masks().maskBits(logits, chosen, resize, threshold, out));
    }
}
