package dev.earshot.models.vit;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;

/**
 * A pre-norm transformer block, y = x + MHA(LN1(x)), out = y + MLP(LN2(y)), in two halves so that an adapter can add to
 * the residual stream between them. The stream is F32; products run in the compute type that the weights were prepared
 * for. Holds weights only: a block may be used with any workspace of its backend, by one thread at a time.
 */
public final class TransformerBlock {
    private final BlockConfig config;
    private final DType compute;
    private final float scale;
    private final LayerNorm norm1;
    private final Linear qkv; // D -> 3 * D, rows q, k, v
    private final ExtraKeyValue extra;
    private final Linear proj; // D -> D
    private final LayerNorm norm2;
    private final Linear fc1; // D -> mlpWidth
    private final Linear fc2; // mlpWidth -> D

    TransformerBlock(
            BlockConfig config,
            LayerNorm norm1,
            Linear qkv,
            ExtraKeyValue extra,
            Linear proj,
            LayerNorm norm2,
            Linear fc1,
            Linear fc2) {
        this.config = config;
        this.compute = qkv.computeType();
        this.scale = (float) (1 / Math.sqrt(config.headDim()));
        this.norm1 = norm1;
        this.qkv = qkv;
        this.extra = extra;
        this.proj = proj;
        this.norm2 = norm2;
        this.fc1 = fc1;
        this.fc2 = fc2;
    }

    /** Sizes of this block. */
    public BlockConfig config() {
        return config;
    }

    /**
     * y = x + MHA(LN1(x)).
     *
     * @param x F32 [B, N, D]
     * @param y F32 [B, N, D], another tensor than x
     */
    public void attentionHalf(Backend b, Workspace ws, Tensor x, Tensor y) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor joint = project(b, ws, x);
            Tensor merged = ws.allocate(compute, x.shape());
            b.attention(query(joint), keys(b, ws, joint), values(b, ws, joint), config.heads(), scale, merged);
            b.linear(merged, proj, Activation.NONE, x, y);
        }
    }

    /**
     * out = y + MLP(LN2(y)), the MLP with exact GELU.
     *
     * @param y F32 [B, N, D]
     * @param out F32 [B, N, D], another tensor than y
     */
    public void mlpHalf(Backend b, Workspace ws, Tensor y, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor normed = norm2.apply(b, ws, y, compute);
            Tensor hidden = b.linear(ws, normed, fc1, Activation.GELU); // [B, N, mlpWidth]
            b.linear(hidden, fc2, Activation.NONE, y, out);
        }
    }

    /**
     * The attention weights of this block for its input x.
     *
     * @param x F32 [B, N, D]
     * @param out F32 [B, heads, N, N], or N + 1 columns with an extra key and value
     */
    public void attentionWeights(Backend b, Workspace ws, Tensor x, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor joint = project(b, ws, x);
            b.attentionWeights(query(joint), keys(b, ws, joint), config.heads(), scale, out);
        }
    }

    private Tensor project(Backend b, Workspace ws, Tensor x) {
        Tensor normed = norm1.apply(b, ws, x, compute);
        return b.linear(ws, normed, qkv, Activation.NONE); // [B, N, 3 * D]
    }

    private Tensor query(Tensor joint) {
        return joint.slice(-1, 0, config.width());
    }

    private Tensor keys(Backend b, Workspace ws, Tensor joint) {
        Tensor keys = joint.slice(-1, config.width(), 2L * config.width());
        return switch (extra) {
            case ExtraKeyValue.None _ -> keys;
            case ExtraKeyValue.Learned learned -> ExtraKeyValue.Learned.append(b, ws, keys, learned.key());
        };
    }

    private Tensor values(Backend b, Workspace ws, Tensor joint) {
        Tensor values = joint.slice(-1, 2L * config.width(), 3L * config.width());
        return switch (extra) {
            case ExtraKeyValue.None _ -> values;
            case ExtraKeyValue.Learned learned -> ExtraKeyValue.Learned.append(b, ws, values, learned.value());
        };
    }
}
