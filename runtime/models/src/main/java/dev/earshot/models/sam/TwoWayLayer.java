package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNorm;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.models.vit.LinearWeights;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;

/**
 * A layer of the two-way transformer: tokens look at each other and at the image, then the image looks at the tokens. Norms
 * follow their sums. Source: facebookresearch/segment-anything, modeling/transformer.py.
 */
final class TwoWayLayer {
    private final boolean first;
    private final Linear selfQueryKey;
    private final Linear selfValue;
    private final Linear selfOut;
    private final LayerNorm norm1;
    private final TokenAttention tokenToImage;
    private final Linear mlpIn;
    private final Linear mlpOut;
    private final LayerNorm norm3;
    private final Linear imageKey;
    private final Linear imageValue;
    private final Linear imageOut;
    private final LayerNorm norm4;
    private final ImageProjection projection;
    private final int heads;
    private final DType compute;

    /** The declared tensors of one layer. */
    record Declared(
            TokenAttention.Declared self,
            TokenAttention.Declared tokenToImage,
            TokenAttention.Declared imageToToken,
            List<LayerNormWeights> norms,
            LinearWeights mlpIn,
            LinearWeights mlpOut) {
        static Declared declare(SamLoader loader, int layer, SamConfig.Decoder sizes) {
            String at = "mask_decoder.transformer.layers.%d.".formatted(layer);
            int width = sizes.width();
            return new Declared(
                    TokenAttention.Declared.declare(loader, at + "self_attn", width, width),
                    TokenAttention.Declared.declare(
                            loader, at + "cross_attn_token_to_image", width, sizes.crossWidth()),
                    TokenAttention.Declared.declare(
                            loader, at + "cross_attn_image_to_token", width, sizes.crossWidth()),
                    List.of(
                            loader.layerNorm(at + "norm1", width),
                            loader.layerNorm(at + "norm2", width),
                            loader.layerNorm(at + "norm3", width),
                            loader.layerNorm(at + "norm4", width)),
                    loader.linear(at + "mlp.lin1", sizes.mlpWidth(), width),
                    loader.linear(at + "mlp.lin2", width, sizes.mlpWidth()));
        }
    }

    TwoWayLayer(
            Backend b,
            ParameterScope scope,
            Declared declared,
            boolean first,
            SamConfig.Decoder sizes,
            SamOptions options,
            Tensor positions) {
        float eps = options.decoderEps();
        this.first = first;
        this.heads = sizes.heads();
        this.compute = options.compute();
        TokenAttention.Declared self = declared.self();
        this.selfQueryKey = new LinearWeights(
                        List.of(
                                self.query().weights().getFirst(),
                                self.key().weights().getFirst()),
                        List.of(
                                self.query().biases().getFirst(),
                                self.key().biases().getFirst()))
                .prepare(scope, DType.F32);
        this.selfValue = self.value().prepare(scope, DType.F32);
        this.selfOut = self.out().prepare(scope, DType.F32);
        this.norm1 = declared.norms().get(0).prepare(scope, eps);
        this.tokenToImage =
                declared.tokenToImage().prepare(scope, declared.norms().get(1), eps, heads);
        this.mlpIn = declared.mlpIn().prepare(scope, DType.F32);
        this.mlpOut = declared.mlpOut().prepare(scope, DType.F32);
        this.norm3 = declared.norms().get(2).prepare(scope, eps);
        TokenAttention.Declared back = declared.imageToToken();
        this.imageKey = back.key().prepare(scope, DType.F32);
        this.imageValue = back.value().prepare(scope, DType.F32);
        this.imageOut = back.out().prepare(scope, compute);
        this.norm4 = declared.norms().get(3).prepare(scope, eps);
        this.projection = ImageProjection.prepare(
                b,
                scope,
                List.of(
                        new ImageProjection.Part(declared.tokenToImage().key(), true),
                        new ImageProjection.Part(declared.tokenToImage().value(), false),
                        new ImageProjection.Part(back.query(), true)),
                positions,
                compute);
    }

    /** What this layer needs of the image stream: keys and values for the tokens, queries to them. */
    ImageProjection projection() {
        return projection;
    }

    /**
     * Runs the layer for B prompts. While the image stream is the same for all of them it comes once.
     *
     * @param t0 F32 [B, T, E], the tokens as they came in, which serve as their positions
     * @param q F32 [B, T, E], the token stream, changed
     * @param k F32 [1 or B, N, E], the image stream
     * @param projected F32 [1 or B, N, 3 c] of {@link #projection}
     * @param out F32 or BF16 [B, N, E], the image stream after the layer
     */
    void run(Backend b, Workspace ws, Tensor t0, Tensor q, Tensor k, Tensor projected, Tensor out) {
        long inner = projected.dim(2) / 3;
        selfAttention(b, ws, t0, q);
        tokenToImage.apply(b, ws, t0, q, projected.slice(2, 0, inner), projected.slice(2, inner, 2 * inner));
        try (Workspace.Frame _ = ws.frame()) {
            Tensor hidden = b.linear(ws, q, mlpIn, Activation.RELU);
            norm3.apply(b, b.linear(ws, hidden, mlpOut, Activation.NONE, q), q);
        }
        imageToToken(b, ws, t0, q, k, projected.slice(2, 2 * inner, 3 * inner), out);
    }

    /** The first layer has neither positions nor a residual here. */
    private void selfAttention(Backend b, Workspace ws, Tensor t0, Tensor q) {
        try (Workspace.Frame _ = ws.frame()) {
            long width = q.dim(2);
            Tensor placed = first ? q : TokenAttention.placed(b, ws, q, t0);
            Tensor queryKey = b.linear(ws, placed, selfQueryKey, Activation.NONE);
            Tensor value = b.linear(ws, q, selfValue, Activation.NONE);
            Tensor seen = ws.allocate(DType.F32, q.shape());
            b.attention(
                    queryKey.slice(2, 0, width),
                    queryKey.slice(2, width, 2 * width),
                    value,
                    heads,
                    TokenAttention.scale(value, heads),
                    seen);
            Tensor sum = first
                    ? b.linear(ws, seen, selfOut, Activation.NONE)
                    : b.linear(ws, seen, selfOut, Activation.NONE, q);
            norm1.apply(b, sum, q);
        }
    }

    private void imageToToken(Backend b, Workspace ws, Tensor t0, Tensor q, Tensor k, Tensor queries, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            Tensor keys = b.linear(ws, TokenAttention.placed(b, ws, q, t0), imageKey, Activation.NONE);
            Tensor values = b.linear(ws, q, imageValue, Activation.NONE);
            long batch = q.dim(0);
            long tokens = queries.dim(1);
            long inner = queries.dim(2);
            Tensor seen = ws.allocate(compute, batch, tokens, inner);
            b.attention(
                    queries.broadcast(batch, tokens, inner),
                    keys,
                    values,
                    heads,
                    TokenAttention.scale(queries, heads),
                    seen);
            Tensor residual = k.broadcast(batch, tokens, k.dim(2));
            norm4.apply(b, b.linear(ws, seen, imageOut, Activation.NONE, residual), out);
        }
    }
}
