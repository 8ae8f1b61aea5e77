package dev.earshot.tensor.reference;

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
import dev.earshot.tensor.reference.PixelMatchingOps.PixelWeights;

/**
 * The forward ops of the scalar reference: an op checks its arguments, hands its loops to {@link #run} and so gets the checks
 * of thread and life and the recording of a capture.
 */
abstract sealed class ReferenceForward implements Backend permits ReferenceBackend {
    private final Rounding rounding;

    ReferenceForward(Rounding rounding) {
        this.rounding = rounding;
    }

    Rounding rounding() {
        return rounding;
    }

    /** Runs an op's loops and, while capturing, keeps them. */
    abstract void run(String op, Runnable loops);

    ReferenceLinear own(Linear layer) {
        if (layer instanceof ReferenceLinear own && own.owner().backend() == this) {
            own.owner().ensureOpen("linear");
            return own;
        }
        throw new IllegalArgumentException(
                "linear layer: expected one of this backend's parameter scopes, got " + layer);
    }

    private ReferenceConvolution own(Convolution layer) {
        if (layer instanceof ReferenceConvolution own && own.owner().backend() == this) {
            own.owner().ensureOpen("conv2d");
            return own;
        }
        throw new IllegalArgumentException(
                "convolution: expected one of this backend's parameter scopes, got " + layer);
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor out) {
        ReferenceLinear own = own(layer);
        OpChecks.linear(x, layer, out);
        run("linear", () -> LinearOps.linear(x, own, activation, out, rounding));
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor residual, Tensor out) {
        ReferenceLinear own = own(layer);
        OpChecks.linear(x, layer, residual, out);
        run("linear", () -> LinearOps.linear(x, own, activation, residual, out, rounding));
    }

    @Override
    public void matmul(Tensor a, Tensor b, float alpha, Tensor out) {
        OpChecks.matmul(a, b, out);
        run("matmul", () -> LinearOps.matmul(a, b, alpha, out, rounding));
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        OpChecks.layerNorm(x, gamma, beta, out);
        run("layerNorm", () -> NormOps.layerNorm(x, gamma, beta, eps, out, rounding));
    }

    @Override
    public void layerNorm(Tensor x, float eps, Tensor out) {
        OpChecks.layerNorm(x, out);
        run("layerNorm", () -> NormOps.layerNorm(x, eps, out, rounding));
    }

    @Override
    public void softmax(Tensor x, float scale, Tensor out) {
        OpChecks.softmax(x, out);
        run("softmax", () -> NormOps.softmax(x, scale, out, rounding));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        OpChecks.attention(q, k, v, heads, out);
        run("attention", () -> AttentionOps.attention(q, k, v, heads, scale, AttentionOps.NO_BIAS, out, rounding));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        OpChecks.attention(q, k, v, heads, bias, out);
        run("attention", () -> {
            AttentionOps.Bias term = AttentionOps.bias(bias, q, heads, rounding);
            AttentionOps.attention(q, k, v, heads, scale, term, out, rounding);
        });
    }

    @Override
    public void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        OpChecks.attentionWeights(q, k, heads, out);
        run("attentionWeights", () -> AttentionOps.weights(q, k, heads, scale, out, rounding));
    }

    @Override
    public void conv2d(Tensor x, Convolution convolution, Tensor out) {
        ReferenceConvolution own = own(convolution);
        ImageChecks.conv2d(x, convolution, out);
        run("conv2d", () -> ConvolutionOps.conv2d(x, own, out, rounding));
    }

    @Override
    public void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        ImageChecks.unfold(x, kernelY, kernelX, strideY, strideX, out);
        run("unfold", () -> ConvolutionOps.unfold(x, kernelY, kernelX, strideY, strideX, out, rounding));
    }

    @Override
    public void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        ImageChecks.pool2d(x, kernel, stride, pad, out);
        run("pool2d", () -> ConvolutionOps.pool2d(x, op, kernel, stride, pad, out, rounding));
    }

    @Override
    public void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        ImageChecks.resize(x, stepY, stepX, out);
        run("resize", () -> ResizeOps.resize(x, kind, stepY, stepX, out, rounding));
    }

    @Override
    public void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out) {
        ImageChecks.normalizeImage(x, mean, std, out);
        run("normalizeImage", () -> PictureOps.normalizeImage(x, mean, std, out, rounding));
    }

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        OpChecks.elementwise("unary", x, out);
        run("unary", () -> ElementwiseOps.unary(op, x, out, rounding));
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        OpChecks.binary(a, b, out);
        run("binary", () -> ElementwiseOps.binary(op, a, b, out, rounding));
    }

    @Override
    public void affine(Tensor x, float alpha, float beta, Tensor out) {
        OpChecks.elementwise("affine", x, out);
        run("affine", () -> ElementwiseOps.affine(x, alpha, beta, out, rounding));
    }

    @Override
    public void copy(Tensor x, Tensor out) {
        OpChecks.copy(x, out);
        run("copy", () -> ElementwiseOps.copy(x, out, rounding));
    }

    @Override
    public void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        OpChecks.reduce(op, x, axis, out);
        run("reduce", () -> ReduceOps.reduce(op, x, axis, out, rounding));
    }

    @Override
    public void l2Normalize(Tensor x, float eps, Tensor out) {
        OpChecks.l2Normalize(x, out);
        run("l2Normalize", () -> NormOps.l2Normalize(x, eps, out, rounding));
    }

    @Override
    public void crossModalAttention(Tensor u, Tensor t, Tensor gate, float scale, Tensor out) {
        TrainingChecks.crossModalAttention(u, t, gate, out);
        run("crossModalAttention", () -> CrossModalAttentionOps.forward(u, t, gate, scale, out, rounding));
    }

    @Override
    public void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        PixelWeights weights = PixelWeights.mean(f.dim(1) * f.dim(2));
        run("pixelMatching", () -> PixelMatchingOps.forward(f, g, settings, weights, cost, winners, saved));
    }

    @Override
    public void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        PixelMatchingChecks.weights("pixelMatching", f, settings, weights);
        run(
                "pixelMatching",
                () -> PixelMatchingOps.forward(f, g, settings, PixelWeights.given(weights), cost, winners, saved));
    }

    @Override
    public void mergeTopK(
            Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        TopKChecks.mergeTopK(x, rowGroups, columnGroups, firstColumn, values, indices);
        run("mergeTopK", () -> TopKOps.merge(x, rowGroups, columnGroups, firstColumn, values, indices));
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
        run(
                "cosineKMeans",
                () -> KMeansOps.cosineKMeans(x, indices, settings, labels, centroids, similarities, inertia));
    }

    @Override
    public void argmax(Tensor x, Tensor out) {
        OpChecks.argmax(x, out);
        run("argmax", () -> ReduceOps.argmax(x, out));
    }

    @Override
    public void gridAttention(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor rowTable, Tensor columnTable, Tensor out) {
        GridChecks.gridAttention(q, k, v, heads, rowTable, columnTable, out);
        run("gridAttention", () -> {
            AttentionOps.Bias positions = GridOps.relativePositions(q, heads, rowTable, columnTable, rounding);
            AttentionOps.attention(q, k, v, heads, scale, positions, out, rounding);
        });
    }

    @Override
    public void partitionWindows(Tensor x, int window, Tensor padding, Tensor out) {
        GridChecks.partitionWindows(x, window, padding, out);
        run("partitionWindows", () -> GridOps.partitionWindows(x, window, padding, out, rounding));
    }

    @Override
    public void mergeWindows(Tensor x, int window, Tensor out) {
        GridChecks.mergeWindows(x, window, out);
        run("mergeWindows", () -> GridOps.mergeWindows(x, window, out));
    }

    @Override
    public void measureMasks(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out) {
        MaskChecks.measureMasks(logits, threshold, offset, out);
        run("measureMasks", () -> MaskOps.measureMasks(logits, resize, threshold, offset, out));
    }

    @Override
    public void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        MaskChecks.maskBits(logits, chosen, resize, threshold, out);
        run("maskBits", () -> MaskOps.maskBits(logits, chosen, resize, threshold, out));
    }
}
