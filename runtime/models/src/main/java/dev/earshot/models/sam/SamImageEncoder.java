package dev.earshot.models.sam;

import dev.earshot.models.Filler;
import dev.earshot.models.vit.PatchEmbed;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import java.util.List;
import java.util.Map;

/**
 * SAM's image encoder: patches, positions, blocks with windowed and global attention, neck. Runs once per picture and is
 * almost all of the model's work. Its weights belong to the scope it was loaded into; one thread at a time.
 *
 * <p>Source: facebookresearch/segment-anything, segment_anything/modeling/image_encoder.py. Differs from it: the embedding
 * is token rows [B, gh * gw, E], not planes [B, E, gh, gw]; the decoder reads it as rows.
 */
public final class SamImageEncoder {
    static final int CHANNELS = 3;

    private final SamGrid grid;
    private final SamConfig.Encoder config;
    private final PatchEmbed stem;
    private final Tensor positions; // F32 [1, gh * gw, D]
    private final List<SamBlock> blocks;
    private final SamNeck neck;

    /**
     * What HQ-SAM takes from a pass.
     *
     * @param early F32 [B, gh * gw, D], the stream after the first global block
     * @param embedding F32 [B, gh * gw, E]
     */
    public record Features(Tensor early, Tensor embedding) {}

    SamImageEncoder(
            SamGrid grid,
            SamConfig.Encoder config,
            PatchEmbed stem,
            Tensor positions,
            List<SamBlock> blocks,
            SamNeck neck) {
        this.grid = grid;
        this.config = config;
        this.stem = stem;
        this.positions = positions;
        this.blocks = List.copyOf(blocks);
        this.neck = neck;
    }

    /**
     * Loads the image encoder alone; prompt encoder and decoder are left unread.
     *
     * @param scope owns the prepared weights
     * @param compute type of the products in blocks and neck: F32 or BF16
     */
    public static SamImageEncoder load(
            ParameterScope scope, Weights weights, SamGrid grid, SamConfig.Encoder config, DType compute) {
        SamLoader loader = SamLoader.of(weights, "SAM's image encoder");
        ImageEncoderWeights declared = ImageEncoderWeights.declare(loader, grid, config);
        loader.ignore("prompt_encoder").ignore("mask_decoder").ignore("shared_image_embedding");
        loader.finish();
        return declared.prepare(scope, grid, config, compute);
    }

    /** Full-size weights of these sizes under the authors' names, without a file; see {@link Filler}. */
    public static Weights filler(SamGrid grid, SamConfig.Encoder config) {
        return filler(grid, config, SamKeys.ORIGINAL);
    }

    /** As {@link #filler(SamGrid, SamConfig.Encoder)} under the names of transformers, which give other values. */
    public static Weights huggingFaceFiller(SamGrid grid, SamConfig.Encoder config) {
        return filler(grid, config, SamKeys.HUGGING_FACE);
    }

    private static Weights filler(SamGrid grid, SamConfig.Encoder config, SamKeys keys) {
        SamLoader loader = SamLoader.declaring(keys);
        ImageEncoderWeights.declare(loader, grid, config);
        return new Filler("filler weights of SAM's image encoder", loader.expected(), Map.of());
    }

    /** The frame that the encoder takes. */
    public SamGrid grid() {
        return grid;
    }

    /** Sizes of this encoder. */
    public SamConfig.Encoder config() {
        return config;
    }

    /** The blocks in order. */
    public List<SamBlock> blocks() {
        return blocks;
    }

    /** What follows the blocks. */
    public SamNeck neck() {
        return neck;
    }

    /**
     * The patches, before positions are added.
     *
     * @param image F32 [B, 3, gh * patch, gw * patch], normalised and padded
     * @return F32 [B, gh * gw, D]
     */
    public Tensor patches(Backend b, Workspace ws, Tensor image) {
        checkImage(image);
        return stem.forward(b, ws, image);
    }

    /**
     * Patches with positions.
     *
     * @param image as in {@link #patches}
     * @return F32 [B, gh * gw, D]
     */
    public Tensor tokens(Backend b, Workspace ws, Tensor image) {
        checkImage(image);
        Tensor tokens = ws.allocate(DType.F32, image.dim(0), grid.tokens(), config.width());
        b.copy(positions, tokens);
        stem.add(b, ws, image, tokens);
        return tokens;
    }

    private void checkImage(Tensor image) {
        boolean fits = image.shape().rank() == 4
                && image.dim(1) == CHANNELS
                && image.dim(2) == grid.imageHeight()
                && image.dim(3) == grid.imageWidth();
        if (!fits) {
            throw new IllegalArgumentException("SAM image: expected [B, 3, %d, %d], got %s — resize and pad it"
                    .formatted(grid.imageHeight(), grid.imageWidth(), image.shape()));
        }
    }

    /**
     * The embedding.
     *
     * @param image as in {@link #patches}
     * @return F32 [B, gh * gw, E]
     */
    public Tensor embed(Backend b, Workspace ws, Tensor image) {
        Tensor embedding = ws.allocate(DType.F32, image.dim(0), grid.tokens(), config.outputWidth());
        try (Workspace.Frame _ = ws.frame()) {
            Tensor stream = tokens(b, ws, image);
            run(b, ws, stream, 0, blocks.size());
            neck.run(b, ws, stream, embedding);
        }
        return embedding;
    }

    /**
     * The embedding and what HQ-SAM wants besides.
     *
     * @param image as in {@link #patches}
     */
    public Features embedWithEarly(Backend b, Workspace ws, Tensor image) {
        if (config.globalBlocks().isEmpty()) {
            throw new IllegalStateException("SAM's image encoder: expected a global block, got windowed blocks only");
        }
        int firstGlobal = config.globalBlocks().getFirst();
        Tensor early = ws.allocate(DType.F32, image.dim(0), grid.tokens(), config.width());
        Tensor embedding = ws.allocate(DType.F32, image.dim(0), grid.tokens(), config.outputWidth());
        try (Workspace.Frame _ = ws.frame()) {
            Tensor stream = tokens(b, ws, image);
            run(b, ws, stream, 0, firstGlobal + 1);
            b.copy(stream, early);
            run(b, ws, stream, firstGlobal + 1, blocks.size());
            neck.run(b, ws, stream, embedding);
        }
        return new Features(early, embedding);
    }

    private void run(Backend b, Workspace ws, Tensor stream, int from, int to) {
        for (SamBlock block : blocks.subList(from, to)) {
            block.run(b, ws, stream);
        }
    }
}
