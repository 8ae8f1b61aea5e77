package dev.earshot.segmentation.training;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.AdaptedImageBind.Heard;
import dev.earshot.models.imagebind.AudioConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * What adapters read of the frozen audio trunk, per clip: Xa and Ya of the paired blocks, and the embedding. Kept within a
 * bound and computed where not kept; 8.4 MB a clip for six adapters on ImageBind-Huge.
 *
 * <p>Adapters do not change the audio trunk, so the states stay right while they learn. The same clip gives the same bits
 * whatever is kept. Owns its store and session, not the model; close it before the model. One thread at a time.
 */
public final class AudioStateCache implements AutoCloseable {
    private final AdaptedImageBind model;
    private final TrainingInputs inputs;
    private final List<Shape> parts;
    private final ForwardSession<Heard> session;
    private final FrozenStates states;

    /**
     * A cache for the places of a model's adapters.
     *
     * @param weightsHash hash of ImageBind's weights, with the type of the products if it is not fp32
     */
    public AudioStateCache(
            AdaptedImageBind model,
            TrainingInputs inputs,
            StateCacheOptions options,
            String weightsHash,
            WorkProgress progress) {
        this.model = model;
        this.inputs = inputs;
        this.parts = parts(model, inputs);
        Backend backend = model.model().backend();
        String origin =
                "%s %s %s".formatted(weightsHash, model.adapters().config().pairs(), inputs.cut());
        StateStore store = options.open(inputs.clips(), "audio", origin, FrozenStates.floats(parts), progress);
        this.session = new ForwardSession<>(backend, (b, ws, in) -> model.hear(b, ws, in.getFirst()));
        this.states = new FrozenStates(backend, parts, clip -> tensors(session.run(inputs.sounds(clip))), store);
    }

    private static List<Shape> parts(AdaptedImageBind model, TrainingInputs inputs) {
        AudioConfig audio = model.model().audio().config();
        long tokens = inputs.cut().pictures() * (1L + audio.patches());
        List<Shape> parts = new ArrayList<>();
        for (int i = 0; i < 2 * model.adapters().config().pairs().size(); i++) {
            parts.add(Shape.of(tokens, audio.width()));
        }
        parts.add(Shape.of(audio.outputWidth()));
        return parts;
    }

    private static List<Tensor> tensors(Heard heard) {
        List<Tensor> tensors = new ArrayList<>(heard.x());
        tensors.addAll(heard.y());
        tensors.add(heard.embedding());
        return tensors;
    }

    /** Room for the states of {@code batch} clips, to be {@link #load loaded} again and again. */
    public Heard allocate(Workspace ws, int batch) {
        List<Tensor> tensors = parts.stream()
                .map(shape -> ws.allocate(DType.F32, batched(batch, shape)))
                .toList();
        int pairs = parts.size() / 2;
        return new Heard(tensors.subList(0, pairs), tensors.subList(pairs, 2 * pairs), tensors.getLast());
    }

    private static Shape batched(int batch, Shape shape) {
        long[] dims = new long[shape.rank() + 1];
        dims[0] = batch;
        for (int i = 0; i < shape.rank(); i++) {
            dims[i + 1] = shape.dim(i);
        }
        return Shape.of(dims);
    }

    /** Copies the states of {@code clips} into {@code into}, made by {@link #allocate} for as many. */
    public void load(int[] clips, Heard into) {
        states.load(clips, tensors(into));
    }

    /** Computes the states of all clips, or of as many as there is room for. */
    public void fill(WorkProgress progress) {
        states.fill(inputs.clips().size(), "audio states", progress);
    }

    /** Clips whose states are kept. */
    public int kept() {
        return states.kept();
    }

    /** Passes of the audio trunk run so far; each is one clip. */
    public long computed() {
        return states.computed();
    }

    @Override
    public void close() {
        session.close();
        states.close();
    }
}
