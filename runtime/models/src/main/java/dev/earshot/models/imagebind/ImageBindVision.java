package dev.earshot.models.imagebind;

import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.LayerNorm;
import dev.earshot.models.vit.PatchEmbed;
import dev.earshot.models.vit.PositionTable;
import dev.earshot.models.vit.Trunk;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;

/**
 * ImageBind's image encoder. Its weights belong to the scope it was loaded into; one thread at a time.
 *
 * <p>The published stem convolves two frames; a still image is repeated. Here the two halves of the kernel are added once
 * at load and applied to the single frame.
 */
public final class ImageBindVision {
    /** Smallest length that {@code torch.nn.functional.normalize} divides by. */
    static final float NORM_EPS = 1e-12f;

    private final VisionConfig config;
    private final PatchEmbed still;
    private final PatchEmbed firstFrame;
    private final PatchEmbed secondFrame;
    private final PositionTable positions;
    private final LayerNorm preNorm;
    private final Trunk trunk;
    private final ModalityHead head;

    ImageBindVision(
            VisionConfig config,
            PatchEmbed still,
            PatchEmbed firstFrame,
            PatchEmbed secondFrame,
            PositionTable positions,
            LayerNorm preNorm,
            Trunk trunk,
            ModalityHead head) {
        this.config = config;
        this.still = still;
        this.firstFrame = firstFrame;
        this.secondFrame = secondFrame;
        this.positions = positions;
        this.preNorm = preNorm;
        this.trunk = trunk;
        this.head = head;
    }

    /**
     * Loads the image encoder alone; keys of other modalities are left unread.
     *
     * @param scope owns the prepared weights
     * @param compute type of the trunk's products: F32 or BF16
     */
    public static ImageBindVision load(ParameterScope scope, Weights weights, VisionConfig config, DType compute) {
        WeightLoader loader = ImageBindKeys.loader(weights, "ImageBind's image encoder", "vision");
        ImageBindKeys.Vision declared = ImageBindKeys.Vision.declare(loader, config);
        loader.finish();
        return declared.prepare(scope, config, compute);
    }

    /** Sizes of this encoder. */
    public VisionConfig config() {
        return config;
    }

    /** The blocks. */
    public Trunk trunk() {
        return trunk;
    }

    /** Layer norm and projection into the joint space. */
    public ModalityHead head() {
        return head;
    }

    /** Positions for a grid of patches, F32 [1, 1 + rows * columns, D], resampled if it is not the native one. */
    public Tensor positions(Backend b, Workspace ws, int rows, int columns) {
        return positions.at(b, ws, rows, columns);
    }

    /**
     * Class token and patches with positions.
     *
     * @param image F32 [N, 3, H, W], or two frames [N, 3, 2, H, W]; H = W, a multiple of the patch size
     * @return F32 [N, 1 + P, D]
     */
    public Tensor tokens(Backend b, Workspace ws, Tensor image) {
        int rows = patchCount(image, -2);
        int columns = patchCount(image, -1);
        Tensor tokens = ws.allocate(
                DType.F32,
                image.dim(0),
                1L + (long) rows * columns,
                config.vit().width());
        try (Workspace.Frame _ = ws.frame()) {
            positions.assemble(b, ws, patches(b, ws, image), rows, columns, tokens);
        }
        return tokens;
    }

    /** The layer norm between tokens and trunk: [N, L, D] to a new [N, L, D]. */
    public Tensor preNorm(Backend b, Workspace ws, Tensor tokens) {
        return preNorm.apply(b, ws, tokens, DType.F32);
    }

    /**
     * The residual stream after the last block.
     *
     * @param image as in {@link #tokens}
     * @return F32 [N, 1 + P, D]; token 0 is the class token, the others are the patches, row-major
     */
    public Tensor encode(Backend b, Workspace ws, Tensor image, BlockHook hook) {
        Tensor stream = preNorm(b, ws, tokens(b, ws, image));
        trunk.run(b, ws, stream, hook);
        return stream;
    }

    /**
     * The embedding of a stream from {@link #encode}.
     *
     * @return F32 [N, out], unit length
     */
    public Tensor embed(Backend b, Workspace ws, Tensor stream) {
        Tensor embedding = head.classToken(b, ws, stream);
        Tensor unit = ws.allocate(DType.F32, embedding.shape());
        b.l2Normalize(embedding, NORM_EPS, unit);
        return unit;
    }

    private Tensor patches(Backend b, Workspace ws, Tensor image) {
        if (image.shape().rank() == 4) {
            return still.forward(b, ws, image);
        }
        Tensor patches = firstFrame.forward(b, ws, image.select(2, 0));
        secondFrame.add(b, ws, image.select(2, 1), patches);
        return patches;
    }

    private int patchCount(Tensor image, int axis) {
        int rank = image.shape().rank();
        int patch = config.vit().patchSize();
        boolean clip = rank == 5 && image.dim(2) == 2;
        if ((rank != 4 && !clip) || image.dim(1) != 3 || image.dim(axis) % patch != 0) {
            throw new IllegalArgumentException(
                    "ImageBind image: expected [N, 3, H, W] or [N, 3, 2, H, W] with H and W multiples of %d, got %s"
                            .formatted(patch, image.shape()));
        }
        return Math.toIntExact(image.dim(axis) / patch);
    }
}
