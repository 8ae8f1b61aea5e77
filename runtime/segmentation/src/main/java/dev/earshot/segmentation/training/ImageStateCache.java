package dev.earshot.segmentation.training;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindVision;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;

/**
 * The image stream as it enters the first adapted block, per clip: tokens, pre-trunk norm and the frozen blocks before that
 * one. Kept within a bound and computed where not kept; 1.3 MB a clip on ImageBind-Huge.
 *
 * <p>The same clip gives the same bits whatever is kept. Owns its store and session, not the model; close it before the
 * model. One thread at a time.
 */
public final class ImageStateCache implements AutoCloseable {
    private final TrainingInputs inputs;
    private final Shape stream;
    private final ForwardSession<Tensor> session;
    private final FrozenStates states;

    /**
     * A cache of the stream before one block.
     *
     * @param firstAdapted number of the first image block with an adapter; the blocks before it are run
     * @param weightsHash hash of ImageBind's weights, with the type of the products if it is not fp32
     */
    public ImageStateCache(
            ImageBind model,
            int firstAdapted,
            TrainingInputs inputs,
            StateCacheOptions options,
            String weightsHash,
            WorkProgress progress) {
        ImageBindVision vision = model.vision();
        int side = inputs.preprocess().geometry(1, 1).width()
                / vision.config().vit().patchSize();
        Backend backend = model.backend();
        this.inputs = inputs;
        this.stream = Shape.of(1L + (long) side * side, vision.config().vit().width());
        String origin = "%s %d %s".formatted(weightsHash, firstAdapted, inputs.preprocess());
        StateStore store =
                options.open(inputs.clips(), "images", origin, FrozenStates.floats(List.of(stream)), progress);
        this.session = new ForwardSession<>(backend, (b, ws, in) -> {
            Tensor x = vision.preNorm(b, ws, vision.tokens(b, ws, in.getFirst()));
            vision.trunk().run(b, ws, x, 0, firstAdapted, BlockHook.NONE);
            return x;
        });
        this.states =
                new FrozenStates(backend, List.of(stream), clip -> List.of(session.run(inputs.images(clip))), store);
    }

    /** Room for the streams of {@code batch} clips, F32 [B, 1 + P, d_v]. */
    public Tensor allocate(Workspace ws, int batch) {
        return ws.allocate(DType.F32, batch, stream.dim(0), stream.dim(1));
    }

    /** Copies the streams of {@code clips} into {@code into}, F32 [B, 1 + P, d_v]. */
    public void load(int[] clips, Tensor into) {
        states.load(clips, List.of(into));
    }

    /** Computes the streams of all clips, or of as many as there is room for. */
    public void fill(WorkProgress progress) {
        states.fill(inputs.clips().size(), "image states", progress);
    }

    /** Clips whose streams are kept. */
    public int kept() {
        return states.kept();
    }

    /** Passes of the image trunk run so far; each is one clip. */
    public long computed() {
        return states.computed();
    }

    @Override
    public void close() {
        session.close();
        states.close();
    }
}
