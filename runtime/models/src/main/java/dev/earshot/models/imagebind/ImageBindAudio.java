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

/** ImageBind's audio encoder. Its weights belong to the scope it was loaded into; one thread at a time. */
public final class ImageBindAudio {
    /** Largest factor the postprocessor applies, whatever is stored. */
    private static final double MAX_LOGIT_SCALE = 100;

    private final AudioConfig config;
    private final PatchEmbed stem;
    private final LayerNorm stemNorm;
    private final PositionTable positions;
    private final Trunk trunk;
    private final ModalityHead head;
    private final float logitScale;

    ImageBindAudio(
            AudioConfig config,
            PatchEmbed stem,
            LayerNorm stemNorm,
            PositionTable positions,
            Trunk trunk,
            ModalityHead head,
            float logLogitScale) {
        this.config = config;
        this.stem = stem;
        this.stemNorm = stemNorm;
        this.positions = positions;
        this.trunk = trunk;
        this.head = head;
        this.logitScale = (float) Math.min(Math.exp(logLogitScale), MAX_LOGIT_SCALE);
    }

    /**
     * Loads the audio encoder alone; keys of other modalities are left unread.
     *
     * @param scope owns the prepared weights
     * @param compute type of the trunk's products: F32 or BF16
     */
    public static ImageBindAudio load(ParameterScope scope, Weights weights, AudioConfig config, DType compute) {
        WeightLoader loader = ImageBindKeys.loader(weights, "ImageBind's audio encoder", "audio");
        ImageBindKeys.Audio declared = ImageBindKeys.Audio.declare(loader, config);
        loader.finish();
        return declared.prepare(scope, config, compute);
    }

    /** Sizes of this encoder. */
    public AudioConfig config() {
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

    /** Length of a clip's embedding: 20 in the published model. */
    public float logitScale() {
        return logitScale;
    }

    /**
     * Class token and patches with positions.
     *
     * @param clip F32 [N, 1, mel, frames]; 128 x 204 for the published model
     * @return F32 [N, 1 + P, D]
     */
    public Tensor tokens(Backend b, Workspace ws, Tensor clip) {
        checkClip(clip);
        Tensor tokens = ws.allocate(DType.F32, clip.dim(0), 1L + config.patches(), config.width());
        try (Workspace.Frame _ = ws.frame()) {
            Tensor patches = stem.forward(b, ws, clip);
            Tensor normed = stemNorm.apply(b, ws, patches, DType.F32);
            positions.assemble(b, ws, normed, config.patches(), 1, tokens);
        }
        return tokens;
    }

    /**
     * The residual stream after the last block.
     *
     * @param clip as in {@link #tokens}
     * @return F32 [N, 1 + P, D]
     */
    public Tensor encode(Backend b, Workspace ws, Tensor clip, BlockHook hook) {
        Tensor stream = tokens(b, ws, clip);
        trunk.run(b, ws, stream, hook);
        return stream;
    }

    /**
     * The embedding of a stream from {@link #encode}.
     *
     * @return F32 [N, out], of length {@link #logitScale()}
     */
    public Tensor embed(Backend b, Workspace ws, Tensor stream) {
        Tensor embedding = head.classToken(b, ws, stream);
        Tensor scaled = ws.allocate(DType.F32, embedding.shape());
        b.l2Normalize(embedding, ImageBindVision.NORM_EPS, scaled);
        b.affine(scaled, logitScale, 0, scaled);
        return scaled;
    }

    private void checkClip(Tensor clip) {
        boolean image = clip.shape().rank() == 4 && clip.dim(1) == 1;
        long patches = image ? (long) stem.count(clip.dim(2)) * stem.count(clip.dim(3)) : 0;
        if (patches != config.patches()) {
            throw new IllegalArgumentException(
                    "ImageBind audio: expected [N, 1, mel, frames] with %d patches of %d x %d at stride %d (published: 128 x 204 gives 228), got %s"
                            .formatted(
                                    config.patches(), config.kernel(), config.kernel(), config.stride(), clip.shape()));
        }
    }
}
