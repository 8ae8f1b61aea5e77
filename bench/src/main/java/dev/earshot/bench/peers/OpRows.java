package dev.earshot.bench.peers;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Single ops at the sizes of our models, which PyTorch does as well: the table that bench/peers/ops.py holds too. A batch counts
 * images of a ViT, pictures of Segment Anything, or frames.
 */
final class OpRows {
    /** What all names start with. */
    static final String PREFIX = "op-";

    private static final float EPS = 1e-6f;
    private static final int VIT_B = 197;
    private static final int VIT_H = 257;
    private static final int SAM = 4096;
    private static final int WINDOWS = 25;
    private static final int LATENTS = 4;
    private static final int BOTTLENECK = 32;
    private static final Map<String, Body> ROWS = new LinkedHashMap<>();

    static {
        layers("vitb", VIT_B, 768);
        layers("vith", VIT_H, 1280);
        layers("samb", SAM, 768);
        layers("samh", SAM, 1280);
        ROWS.put("layernorm-vith", on -> layerNorm(on, VIT_H, 1280));
        ROWS.put("layernorm-samh", on -> layerNorm(on, SAM, 1280));
        ROWS.put("attention-vith", on -> attention(on, VIT_H, 16, 80));
        ROWS.put("attention-samb", on -> gridAttention(on, 1, 64, 12, 64));
        ROWS.put("attention-samh", on -> gridAttention(on, 1, 64, 16, 80));
        ROWS.put("windows-samb", on -> gridAttention(on, WINDOWS, 14, 12, 64));
        ROWS.put("windows-samh", on -> gridAttention(on, WINDOWS, 14, 16, 80));
        ROWS.put("crossmodal", OpRows::crossModal);
        ROWS.put("kmeans-large", on -> kMeans(on, 4096, 1024, 64));
        ROWS.put("matmul-4096", on -> matmul(on, 4096));
        ROWS.put("matmul-8192", on -> matmul(on, 8192));
    }

    private OpRows() {}

    /** Makes the operands of a row and returns its call. */
    interface Body {
        Call prepare(OpOperands on);
    }

    /**
     * An op on its operands.
     *
     * @param op runs it
     * @param result what it leaves for a comparison
     */
    record Call(Consumer<Backend> op, Tensor result) {}

    static Set<String> names() {
        return ROWS.keySet();
    }

    /** The row of a workload's name. */
    static Body of(String model) {
        Body body = model.startsWith(PREFIX) ? ROWS.get(model.substring(PREFIX.length())) : null;
        if (body == null) {
            throw new IllegalArgumentException(
                    "op: expected %s and one of %s, got %s".formatted(PREFIX, ROWS.keySet(), model));
        }
        return body;
    }

    /** The three widest layers of a transformer block. */
    private static void layers(String model, int tokens, int width) {
        ROWS.put("linear-" + model + "-qkv", on -> linear(on, tokens, width, 3 * width, Activation.NONE));
        ROWS.put("linear-" + model + "-fc1", on -> linear(on, tokens, width, 4 * width, Activation.GELU));
        ROWS.put("linear-" + model + "-fc2", on -> residual(on, tokens, 4 * width, width));
    }

    private static Call linear(OpOperands on, int tokens, int in, int out, Activation activation) {
        Tensor x = on.input("x", on.compute(), on.batch() * on.few(tokens), on.narrow(in));
        Linear layer = on.linear(on.narrow(in), on.narrow(out));
        Tensor y = on.output(on.compute(), x.dim(0), on.narrow(out));
        return new Call(b -> b.linear(x, layer, activation, y), y);
    }

    /** The sum with the residual stream, which is fp32 on both sides of the comparison. */
    private static Call residual(OpOperands on, int tokens, int in, int out) {
        Tensor x = on.input("x", on.compute(), on.batch() * on.few(tokens), on.narrow(in));
        Linear layer = on.linear(on.narrow(in), on.narrow(out));
        Tensor stream = on.input("residual", DType.F32, x.dim(0), on.narrow(out));
        Tensor y = on.output(DType.F32, x.dim(0), on.narrow(out));
        return new Call(b -> b.linear(x, layer, Activation.NONE, stream, y), y);
    }

    private static Call layerNorm(OpOperands on, int tokens, int width) {
        Tensor x = on.input("x", on.compute(), on.batch() * on.few(tokens), on.narrow(width));
        Tensor gamma = on.input("gamma", DType.F32, 0.1f, 1, on.narrow(width));
        Tensor beta = on.input("beta", DType.F32, 0.1f, 0, on.narrow(width));
        Tensor y = on.output(on.compute(), x.shape().toArray());
        return new Call(b -> b.layerNorm(x, gamma, beta, EPS, y), y);
    }

    private static Call attention(OpOperands on, int tokens, int fullHeads, int headDim) {
        int heads = on.isSmall() ? 2 : fullHeads;
        long width = (long) heads * headDim;
        Tensor qkv = on.input("qkv", on.compute(), on.batch(), on.few(tokens), 3 * width);
        Tensor y = on.output(on.compute(), on.batch(), on.few(tokens), width);
        Tensor q = qkv.slice(2, 0, width);
        Tensor k = qkv.slice(2, width, 2 * width);
        Tensor v = qkv.slice(2, 2 * width, 3 * width);
        float scale = (float) (1 / Math.sqrt(headDim));
        return new Call(b -> b.attention(q, k, v, heads, scale, y), y);
    }

    private static Call gridAttention(OpOperands on, int fullGrids, int fullSide, int fullHeads, int headDim) {
        int heads = on.isSmall() ? 2 : fullHeads;
        long side = on.isSmall() ? fullSide / 16 + 4 : fullSide;
        long grids = on.batch() * (on.isSmall() ? Math.min(fullGrids, 2) : fullGrids);
        long width = (long) heads * headDim;
        Tensor qkv = on.input("qkv", on.compute(), grids, side * side, 3 * width);
        Tensor rows = on.input("rows", DType.F32, 0.1f, 0, 2 * side - 1, headDim);
        Tensor columns = on.input("columns", DType.F32, 0.1f, 0, 2 * side - 1, headDim);
        Tensor y = on.output(on.compute(), grids, side * side, width);
        Tensor q = qkv.slice(2, 0, width);
        Tensor k = qkv.slice(2, width, 2 * width);
        Tensor v = qkv.slice(2, 2 * width, 3 * width);
        float scale = (float) (1 / Math.sqrt(headDim));
        return new Call(b -> b.gridAttention(q, k, v, heads, scale, rows, columns, y), y);
    }

    private static Call crossModal(OpOperands on) {
        Tensor u = on.input("tokens", DType.F32, on.batch(), on.few(VIT_H), BOTTLENECK);
        Tensor t = on.input("latents", DType.F32, on.batch(), LATENTS, BOTTLENECK);
        Tensor gate = on.input("gate", DType.F32, 0, 0.5f, 1);
        Tensor y = on.output(DType.F32, u.shape().toArray());
        float scale = (float) (1 / Math.sqrt(BOTTLENECK));
        return new Call(b -> b.crossModalAttention(u, t, gate, scale, y), y);
    }

    /** Rows round as many directions as there are clusters, 20 iterations; compared by the objective that is reached. */
    private static Call kMeans(OpOperands on, int fullRows, int fullWidth, int fullClusters) {
        int clusters = on.isSmall() ? Math.min(fullClusters, 8) : fullClusters;
        KMeansSettings settings = new KMeansSettings(clusters, 1, 0, 20, 0, false);
        long frames = on.batch();
        long rows = on.isSmall() ? fullRows / 8 : fullRows;
        long width = on.narrow(fullWidth);
        Tensor x = on.clustered(clusters, frames, rows, width);
        Tensor indices = on.counted(frames);
        Tensor labels = on.output(DType.I32, frames, rows);
        Tensor centroids = on.output(DType.F32, frames, clusters, width);
        Tensor similarities = on.output(DType.F32, frames, rows, clusters);
        Tensor inertia = on.output(DType.F32, frames);
        return new Call(b -> b.cosineKMeans(x, indices, settings, labels, centroids, similarities, inertia), inertia);
    }

    private static Call matmul(OpOperands on, int fullSide) {
        long side = on.isSmall() ? fullSide / 64 : fullSide;
        Tensor a = on.input("a", on.compute(), side, side);
        Tensor c = on.input("b", on.compute(), (float) (1 / Math.sqrt(side)), 0, side, side);
        Tensor y = on.output(on.compute(), side, side);
        return new Call(b -> b.matmul(a, c, 1, y), y);
    }
}
