package dev.earshot.models.sam;

import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/** The two-way transformer between prompt tokens and image embedding, with its final attention. */
final class TwoWayTransformer {
    /** Of the final norm, in all implementations. */
    private static final float FINAL_EPS = 1e-5f;

    private final List<TwoWayLayer> layers;
    private final TokenAttention last;
    private final ImageProjection lastProjection;
    private final DType compute;

    /** The declared tensors. */
    record Declared(List<TwoWayLayer.Declared> layers, TokenAttention.Declared last, LayerNormWeights lastNorm) {
        static Declared declare(SamLoader loader, SamConfig.Decoder sizes) {
            List<TwoWayLayer.Declared> layers = new ArrayList<>();
            for (int i = 0; i < sizes.depth(); i++) {
                layers.add(TwoWayLayer.Declared.declare(loader, i, sizes));
            }
            return new Declared(
                    layers,
                    TokenAttention.Declared.declare(
                            loader,
                            "mask_decoder.transformer.final_attn_token_to_image",
                            sizes.width(),
                            sizes.crossWidth()),
                    loader.layerNorm("mask_decoder.transformer.norm_final_attn", sizes.width()));
        }
    }

    /** Prepares the layers; {@code positions} F32 [1, N, E] is the positional encoding of the grid. */
    TwoWayTransformer(
            Backend b,
            ParameterScope scope,
            Declared declared,
            SamConfig.Decoder sizes,
            SamOptions options,
            Tensor positions) {
        this.compute = options.compute();
        this.layers = new ArrayList<>();
        for (TwoWayLayer.Declared layer : declared.layers()) {
            layers.add(new TwoWayLayer(b, scope, layer, layers.isEmpty(), sizes, options, positions));
        }
        this.last = declared.last().prepare(scope, declared.lastNorm(), FINAL_EPS, sizes.heads());
        this.lastProjection = ImageProjection.prepare(
                b,
                scope,
                List.of(
                        new ImageProjection.Part(declared.last().key(), true),
                        new ImageProjection.Part(declared.last().value(), false)),
                positions,
                compute);
    }

    /** Columns of {@link #project}. */
    long projectedColumns() {
        return layers.getFirst().projection().columns();
    }

    /** The first layer's projections of an image stream F32 [B, N, E] into out F32 [B, N, 3 c]. */
    void project(Backend b, Workspace ws, Tensor stream, Tensor out) {
        try (Workspace.Frame _ = ws.frame()) {
            layers.getFirst().projection().apply(b, operand(b, ws, stream), out);
        }
    }

    /**
     * Runs all layers.
     *
     * @param t0 F32 [B, T, E]
     * @param stream F32 [1 or B, N, E], the image stream, and its {@link #project projections} [1 or B, N, 3 c]
     * @param q F32 [B, T, E], gets the token stream after the final norm
     * @param keys [B, N, E] of the compute type, gets the image stream after the last layer
     */
    void run(
            Backend b,
            Workspace ws,
            Tensor t0,
            Tensor stream,
            Tensor projected,
            Tensor q,
            Tensor keys,
            SamObserver observer) {
        b.copy(t0, q);
        try (Workspace.Frame _ = ws.frame()) {
            Tensor k = stream;
            Tensor seen = projected;
            for (int i = 0; i < layers.size(); i++) {
                boolean ends = i == layers.size() - 1;
                Tensor out = ends ? keys : ws.allocate(DType.F32, keys.shape());
                try (Workspace.Frame _ = ws.frame()) {
                    if (i > 0) {
                        seen = projections(b, ws, layers.get(i).projection(), operand(b, ws, k));
                    }
                    layers.get(i).run(b, ws, t0, q, k, seen, out);
                }
                observer.see("layer%d.queries".formatted(i), q);
                observer.see("layer%d.keys".formatted(i), out);
                k = out;
            }
            Tensor both = projections(b, ws, lastProjection, keys);
            long inner = both.dim(2) / 2;
            last.apply(b, ws, t0, q, both.slice(2, 0, inner), both.slice(2, inner, 2 * inner));
        }
    }

    private static Tensor projections(Backend b, Workspace ws, ImageProjection projection, Tensor x) {
        Tensor out = ws.allocate(DType.F32, x.dim(0), x.dim(1), projection.columns());
        projection.apply(b, x, out);
        return out;
    }

    /** The stream in the type that products take. */
    private Tensor operand(Backend b, Workspace ws, Tensor stream) {
        return compute == DType.F32 ? stream : b.copy(ws, stream, compute);
    }
}
