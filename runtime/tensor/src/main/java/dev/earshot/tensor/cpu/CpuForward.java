package dev.earshot.tensor.cpu;

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
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The forward ops of the CPU backend, which checks arguments and makes op records here; how these run is {@link CpuBackend}'s
 * part.
 */
abstract sealed class CpuForward implements Backend permits CpuBackend {
    /** Runs an op, or records it while capturing; nothing where {@code out} is empty. */
    abstract void issue(String call, Tensor out, Supplier<Op> op);

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor out) {
        OpChecks.linear(x, layer, out);
        CpuLinear packed = own(layer);
        issue("linear", out, () -> packed.forward(View.of(x), activation, Optional.empty(), View.of(out)));
    }

    @Override
    public void linear(Tensor x, Linear layer, Activation activation, Tensor residual, Tensor out) {
        OpChecks.linear(x, layer, residual, out);
        CpuLinear packed = own(layer);
        issue(
                "linear",
                out,
                () -> packed.forward(View.of(x), activation, Optional.of(View.of(residual)), View.of(out)));
    }

    CpuLinear own(Linear layer) {
        if (!(layer instanceof CpuLinear packed) || packed.owner().backend() != this) {
            throw new IllegalArgumentException(
                    "linear layer: expected one made by a parameter scope of this backend, got " + layer);
        }
        packed.owner().ensureOpen("linear");
        return packed;
    }

    private PackedConvolution own(Convolution layer) {
        if (!(layer instanceof PackedConvolution packed) || packed.owner().backend() != this) {
            throw new IllegalArgumentException(
                    "conv2d convolution: expected one made by a parameter scope of this backend, got " + layer);
        }
        packed.owner().ensureOpen("conv2d");
        return packed;
    }

    @Override
    public void matmul(Tensor a, Tensor b, float alpha, Tensor out) {
        OpChecks.matmul(a, b, out);
        issue("matmul", out, () -> new Matmul(View.of(a), View.of(b), alpha, View.of(out)));
    }

    @Override
    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        OpChecks.layerNorm(x, gamma, beta, out);
        issue(
                "layerNorm",
                out,
                () -> new NormOps.LayerNorm(
                        View.of(x), Optional.of(new NormOps.Affine(View.of(gamma), View.of(beta))), eps, View.of(out)));
    }

    @Override
    public void layerNorm(Tensor x, float eps, Tensor out) {
        OpChecks.layerNorm(x, out);
        issue("layerNorm", out, () -> new NormOps.LayerNorm(View.of(x), Optional.empty(), eps, View.of(out)));
    }

    @Override
    public void softmax(Tensor x, float scale, Tensor out) {
        OpChecks.softmax(x, out);
        issue("softmax", out, () -> new NormOps.Softmax(View.of(x), scale, View.of(out)));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor out) {
        OpChecks.attention(q, k, v, heads, out);
        issue(
                "attention",
                out,
                () -> new Attention(
                        View.of(q), View.of(k), View.of(v), heads, scale, Attention.Term.NONE, View.of(out)));
    }

    @Override
    public void attention(Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor bias, Tensor out) {
        OpChecks.attention(q, k, v, heads, bias, out);
        issue(
                "attention",
                out,
                () -> new Attention(
                        View.of(q),
                        View.of(k),
                        View.of(v),
                        heads,
                        scale,
                        new Attention.Bias(View.of(bias)),
                        View.of(out)));
    }

    @Override
    public void attentionWeights(Tensor q, Tensor k, int heads, float scale, Tensor out) {
        OpChecks.attentionWeights(q, k, heads, out);
        issue("attentionWeights", out, () -> new AttentionWeights(View.of(q), View.of(k), heads, scale, View.of(out)));
    }

    @Override
    public void conv2d(Tensor x, Convolution convolution, Tensor out) {
        ImageChecks.conv2d(x, convolution, out);
        PackedConvolution packed = own(convolution);
        issue("conv2d", out, () -> new ConvolutionOp(View.of(x), packed, View.of(out)));
    }

    @Override
    public void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        ImageChecks.unfold(x, kernelY, kernelX, strideY, strideX, out);
        issue("unfold", out, () -> new Unfold(View.of(x), kernelY, kernelX, strideY, strideX, View.of(out)));
    }

    @Override
    public void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        ImageChecks.pool2d(x, kernel, stride, pad, out);
        issue("pool2d", out, () -> new Pool(View.of(x), op, kernel, stride, pad, View.of(out)));
    }

    @Override
    public void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        ImageChecks.resize(x, stepY, stepX, out);
        issue("resize", out, () -> new Resize(View.of(x), kind, stepY, stepX, View.of(out)));
    }

    @Override
    public void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out) {
        ImageChecks.normalizeImage(x, mean, std, out);
        issue("normalizeImage", out, () -> new NormalizeImage(View.of(x), list(mean), list(std), View.of(out)));
    }

    /** Arrays as values, so that equal ops are told as such. */
    private static List<Float> list(float[] channels) {
        return List.of(channels[0], channels[1], channels[2]);
    }

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        OpChecks.elementwise("unary", x, out);
        issue("unary", out, () -> new Elementwise.Unary(op, View.of(x), View.of(out)));
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        OpChecks.binary(a, b, out);
        issue("binary", out, () -> new Elementwise.Binary(op, View.of(a), View.of(b), View.of(out)));
    }

    @Override
    public void affine(Tensor x, float alpha, float beta, Tensor out) {
        OpChecks.elementwise("affine", x, out);
        issue("affine", out, () -> new Elementwise.Affine(View.of(x), alpha, beta, View.of(out)));
    }

    @Override
    public void copy(Tensor x, Tensor out) {
        OpChecks.copy(x, out);
        issue("copy", out, () -> new Copy(View.of(x), View.of(out)));
    }

    @Override
    public void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        OpChecks.reduce(op, x, axis, out);
        int index = x.shape().axis(axis);
        issue("reduce", out, () -> new Reductions.Reduce(op, View.of(x), index, View.of(out)));
    }

    @Override
    public void l2Normalize(Tensor x, float eps, Tensor out) {
        OpChecks.l2Normalize(x, out);
        issue("l2Normalize", out, () -> new Reductions.L2Normalize(View.of(x), eps, View.of(out)));
    }

    @Override
    public void crossModalAttention(Tensor u, Tensor t, Tensor gate, float scale, Tensor out) {
        TrainingChecks.crossModalAttention(u, t, gate, out);
        issue(
                "crossModalAttention",
                out,
                () -> new CrossModalAttention.Forward(View.of(u), View.of(t), View.of(gate), scale, View.of(out)));
    }

    @Override
    public void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        issue("pixelMatching", cost, () -> matching(f, g, settings, Optional.empty(), cost, winners, saved));
    }

    @Override
    public void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved) {
        PixelMatchingChecks.forward(f, g, settings, cost, winners, saved);
        PixelMatchingChecks.weights("pixelMatching", f, settings, weights);
        Optional<View> own = Optional.of(View.of(weights));
        issue("pixelMatching", cost, () -> matching(f, g, settings, own, cost, winners, saved));
    }

    private static Op matching(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Optional<View> weights,
            Tensor cost,
            Tensor winners,
            Tensor saved) {
        return new PixelMatchingOp(
                View.of(f), View.of(g), settings, weights, View.of(cost), View.of(winners), View.of(saved));
    }

    @Override
    public void mergeTopK(
            Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        TopKChecks.mergeTopK(x, rowGroups, columnGroups, firstColumn, values, indices);
        issue(
                "mergeTopK",
                x,
                () -> new MergeTopK(
                        View.of(x),
                        View.of(rowGroups),
                        View.of(columnGroups),
                        firstColumn,
                        View.of(values),
                        View.of(indices)));
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
                () -> new CosineKMeansOp(
                        View.of(x),
                        View.of(indices),
                        settings,
                        View.of(labels),
                        View.of(centroids),
                        View.of(similarities),
                        View.of(inertia)));
    }

    @Override
    public void argmax(Tensor x, Tensor out) {
        OpChecks.argmax(x, out);
        issue("argmax", out, () -> new Reductions.Argmax(View.of(x), View.of(out)));
    }

    @Override
    public void gridAttention(
            Tensor q, Tensor k, Tensor v, int heads, float scale, Tensor rowTable, Tensor columnTable, Tensor out) {
        GridChecks.gridAttention(q, k, v, heads, rowTable, columnTable, out);
        issue("gridAttention", out, () -> {
            Attention.Term positions = new Attention.Positions(View.of(rowTable), View.of(columnTable));
            return new Attention(View.of(q), View.of(k), View.of(v), heads, scale, positions, View.of(out));
        });
    }

    @Override
    public void partitionWindows(Tensor x, int window, Tensor padding, Tensor out) {
        GridChecks.partitionWindows(x, window, padding, out);
        issue("partitionWindows", out, () -> new Windows.Partition(View.of(x), window, View.of(padding), View.of(out)));
    }

    @Override
    public void mergeWindows(Tensor x, int window, Tensor out) {
        GridChecks.mergeWindows(x, window, out);
        issue("mergeWindows", out, () -> new Windows.Merge(View.of(x), window, View.of(out)));
    }

    @Override
    public void measureMasks(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out) {
        MaskChecks.measureMasks(logits, threshold, offset, out);
        issue("measureMasks", out, () -> new MeasureMasks(View.of(logits), resize, threshold, offset, View.of(out)));
    }

    @Override
    public void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        MaskChecks.maskBits(logits, chosen, resize, threshold, out);
        issue("maskBits", out, () -> new MaskBits(View.of(logits), View.of(chosen), resize, threshold, View.of(out)));
    }
}
