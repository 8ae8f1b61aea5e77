package dev.earshot.models.dino;

import dev.earshot.models.Filler;
import dev.earshot.models.ForwardSession;
import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.BlockWeights;
import dev.earshot.models.vit.LayerNorm;
import dev.earshot.models.vit.PatchEmbed;
import dev.earshot.models.vit.PositionTable;
import dev.earshot.models.vit.Trunk;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A DINO vision transformer as image featuriser. Owns the prepared weights; close it before the backend. One thread at a
 * time.
 *
 * <p>Source: facebookresearch/dino, vision_transformer.py. Differs from it: sizes that are no multiple of the patch are
 * refused, where the original drops the rest of the image without a word.
 */
public final class Dino implements AutoCloseable {
    private static final int CHANNELS = 3;
    private static final float UNIT_EPS = 1e-12f;

    private final Backend backend;
    private final ParameterScope scope;
    private final DinoConfig config;
    private final PatchEmbed stem;
    private final PositionTable positions;
    private final Trunk trunk;
    private final LayerNorm norm;

    private Dino(
            Backend backend, ParameterScope scope, DinoConfig config, DinoLayout.Declared declared, DType compute) {
        VitConfig vit = config.vit();
        int patch = vit.patchSize();
        this.backend = backend;
        this.scope = scope;
        this.config = config;
        this.stem = new PatchEmbed(stemProjection(scope, declared, vit), CHANNELS, patch, patch);
        this.positions = new PositionTable(
                scope,
                declared.positions().read(),
                vit.gridSide(),
                vit.gridSide(),
                declared.classToken().read(),
                config.resampling());
        this.trunk = BlockWeights.prepareTrunk(scope, declared.blocks(), vit.block(), compute);
        this.norm = declared.norm().prepare(scope, vit.layerNormEps());
    }

    private static Linear stemProjection(ParameterScope scope, DinoLayout.Declared declared, VitConfig vit) {
        HostTensor kernel = declared.patchEmbed().weights().getFirst().read();
        HostTensor bias = declared.patchEmbed().biases().getFirst().read();
        long fanIn = (long) CHANNELS * vit.patchSize() * vit.patchSize();
        return scope.linear(kernel.reshape(vit.width(), fanIn), bias, DType.F32);
    }

    /** Loads a backbone with the sizes that the checkpoint's shapes give; see {@link DinoConfig#of}. */
    public static Dino load(Backend backend, Weights weights, DType compute) {
        return load(backend, weights, DinoConfig.of(weights), compute);
    }

    /**
     * Loads a backbone under the authors' keys or Hugging Face's, also out of a training checkpoint (the teacher's).
     *
     * @param compute type of the trunk's products: F32 or BF16
     */
    public static Dino load(Backend backend, Weights weights, DinoConfig config, DType compute) {
        VitConfig vit = config.vit();
        WeightLoader loader = WeightLoader.of(weights, DinoVariant.describe(vit.width(), vit.patchSize()))
                .hint(CheckpointGuess::describe);
        DinoLayout.Declared declared = DinoLayout.of(weights).declare(loader, vit);
        loader.finish();
        ParameterScope scope = backend.parameters();
        try {
            return new Dino(backend, scope, config, declared, compute);
        } catch (Throwable t) {
            scope.close();
            throw t;
        }
    }

    /** Full-size weights of these sizes under the keys of {@code form}, without a file; see {@link Filler}. */
    public static Weights filler(DinoConfig config, DinoKeyForm form) {
        WeightLoader declared = WeightLoader.declaring("DINO");
        DinoLayout layout = form == DinoKeyForm.ORIGINAL ? DinoLayout.original() : DinoLayout.huggingFace();
        layout.declare(declared, config.vit());
        return new Filler("filler weights of DINO", declared.expected(), Map.of());
    }

    /** Sizes of this backbone. */
    public DinoConfig config() {
        return config;
    }

    /** The blocks. */
    public Trunk trunk() {
        return trunk;
    }

    /** Bytes of prepared weights. */
    public long bytes() {
        return scope.bytes();
    }

    /** Positions for a grid of patches, F32 [1, 1 + rows * columns, D], resampled if it is not the native one. */
    public Tensor positions(Backend b, Workspace ws, int rows, int columns) {
        return positions.at(b, ws, rows, columns);
    }

    /**
     * Class token and patches with positions.
     *
     * @param image F32 [B, 3, H, W], H and W multiples of the patch size
     * @return F32 [B, 1 + P, D]
     */
    public Tensor tokens(Backend b, Workspace ws, Tensor image) {
        int patch = config.vit().patchSize();
        boolean fits = image.shape().rank() == 4
                && image.dim(1) == CHANNELS
                && image.dim(2) % patch == 0
                && image.dim(3) % patch == 0;
        if (!fits) {
            throw new IllegalArgumentException(
                    "DINO image: expected [B, 3, H, W] with H and W multiples of %d, got %s — crop or resize it"
                            .formatted(patch, image.shape()));
        }
        int rows = stem.count(image.dim(2));
        int columns = stem.count(image.dim(3));
        Tensor tokens = ws.allocate(
                DType.F32,
                image.dim(0),
                1L + (long) rows * columns,
                config.vit().width());
        try (Workspace.Frame _ = ws.frame()) {
            positions.assemble(b, ws, stem.forward(b, ws, image), rows, columns, tokens);
        }
        return tokens;
    }

    /**
     * The residual stream after the last block.
     *
     * @param image as in {@link #tokens}
     * @return F32 [B, 1 + P, D]
     */
    public Tensor encode(Backend b, Workspace ws, Tensor image, BlockHook hook) {
        Tensor stream = tokens(b, ws, image);
        trunk.run(b, ws, stream, hook);
        return stream;
    }

    /**
     * All tokens after the final norm.
     *
     * @param image as in {@link #tokens}
     * @return F32 [B, 1 + P, D]; token 0 is the class token
     */
    public Tensor forward(Backend b, Workspace ws, Tensor image) {
        return norm(b, ws, encode(b, ws, image, BlockHook.NONE));
    }

    /** The final norm of a stream [B, 1 + P, D], into a new tensor. */
    public Tensor norm(Backend b, Workspace ws, Tensor stream) {
        return norm.apply(b, ws, stream, DType.F32);
    }

    /**
     * One vector per image.
     *
     * @param tokens F32 [B, 1 + P, D] after the final norm
     * @return F32 [B, D], or [B, 2 * D] for {@link DinoPooling#GAP_WITH_CLS}; not normalised
     */
    public Tensor pool(Backend b, Workspace ws, Tensor tokens, DinoPooling pooling) {
        long width = tokens.dim(2);
        long columns = pooling == DinoPooling.GAP_WITH_CLS ? 2 * width : width;
        Tensor out = ws.allocate(DType.F32, tokens.dim(0), columns);
        if (pooling != DinoPooling.GAP) {
            b.copy(tokens.select(1, 0), out.slice(1, 0, width));
        }
        if (pooling != DinoPooling.CLS) {
            b.reduce(ReduceOp.MEAN, tokens.slice(1, 1, tokens.dim(1)), 1, out.slice(1, columns - width, columns));
        }
        return out;
    }

    /**
     * Unit-length features for cosine similarity.
     *
     * @param image as in {@link #tokens}
     * @return F32, the shape of {@link #pool}
     */
    public Tensor features(Backend b, Workspace ws, Tensor image, DinoPooling pooling) {
        return unit(b, ws, pool(b, ws, forward(b, ws, image), pooling));
    }

    /** Rows of x [B, C] divided by their length. */
    public Tensor unit(Backend b, Workspace ws, Tensor x) {
        Tensor unit = ws.allocate(DType.F32, x.shape());
        b.l2Normalize(x, UNIT_EPS, unit);
        return unit;
    }

    /**
     * The outputs of the last {@code n} blocks, the final norm applied to each, the earliest first.
     *
     * @param image as in {@link #tokens}
     * @return n tensors F32 [B, 1 + P, D]
     */
    public List<Tensor> intermediate(Backend b, Workspace ws, Tensor image, int n) {
        int depth = trunk.depth();
        if (n < 1 || n > depth) {
            throw new IllegalArgumentException("intermediate outputs: expected 1 to %d, got %d".formatted(depth, n));
        }
        Tensor stream = tokens(b, ws, image);
        trunk.run(b, ws, stream, 0, depth - n, BlockHook.NONE);
        List<Tensor> outputs = new ArrayList<>();
        for (int i = depth - n; i < depth; i++) {
            trunk.run(b, ws, stream, i, i + 1, BlockHook.NONE);
            outputs.add(norm(b, ws, stream));
        }
        return outputs;
    }

    /**
     * Attention weights of the last block, whose MLP is not run; row 0 from column 1 on says which patches the class token
     * looks at.
     *
     * @param image as in {@link #tokens}
     * @return F32 [B, heads, 1 + P, 1 + P]
     */
    public Tensor lastAttention(Backend b, Workspace ws, Tensor image) {
        int last = trunk.depth() - 1;
        Tensor stream = tokens(b, ws, image);
        trunk.run(b, ws, stream, 0, last, BlockHook.NONE);
        long tokens = stream.dim(1);
        Tensor weights = ws.allocate(DType.F32, image.dim(0), config.vit().heads(), tokens, tokens);
        trunk.block(last).attentionWeights(b, ws, stream, weights);
        return weights;
    }

    /** A session that computes {@link #features} by a captured pass. */
    public ForwardSession<Tensor> session(DinoPooling pooling) {
        return new ForwardSession<>(backend, (b, ws, inputs) -> features(b, ws, inputs.getFirst(), pooling));
    }

    @Override
    public void close() {
        scope.close();
    }
}
