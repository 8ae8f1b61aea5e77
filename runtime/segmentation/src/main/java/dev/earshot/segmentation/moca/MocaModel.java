package dev.earshot.segmentation.moca;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.segmentation.internal.Shared;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.weights.Weights;
import java.util.Optional;

/**
 * ImageBind and, where there are any, trained adapters and centre vectors, prepared for one backend: what any number of
 * segmenters share. They read it and keep their own captured passes and workspaces, so a second segmenter costs no memory
 * for weights.
 *
 * <p>Every segmenter made from a model holds on to it: model and segmenters may be closed in any order, and the memory is
 * freed with the last of them. Close all of them before the backend.
 *
 * <p>Threads: all segmenters of a model run on its backend, and one thread at a time may be inside a backend. Segmenters of
 * one model may be used by different threads in turns; a call that meets another thread's call in the backend fails with
 * {@link IllegalStateException} and leaves that one alone. For work side by side, load the model once per backend.
 *
 * <pre>{@code
 * try (MocaModel model = MocaModel.load(backend, weights, DType.F32);
 *         Segmenter strict = Segmenters.moca(model, MocaSettings.DEFAULT);
 *         Segmenter other = Segmenters.moca(model, settings)) { … }
 * }</pre>
 */
public final class MocaModel implements AutoCloseable {
    private final Shared<ImageBind> imageBind;
    private final Optional<Shared<AdaAvAdapters>> adapters;
    private final Optional<JointCentre> centre;
    private final DType compute;
    private final String source;
    private boolean closed;

    private MocaModel(
            Shared<ImageBind> imageBind,
            Optional<Shared<AdaAvAdapters>> adapters,
            Optional<JointCentre> centre,
            DType compute,
            String source) {
        this.imageBind = imageBind;
        this.adapters = adapters;
        this.centre = centre;
        this.compute = compute;
        this.source = source;
    }

    /**
     * Reads and prepares the weights, which may be closed afterwards.
     *
     * @param compute type of the trunks' products: F32 or BF16
     * @throws dev.earshot.tensor.weights.WeightsException if a tensor is missing or of another shape
     */
    public static MocaModel load(Backend backend, MocaWeights weights, DType compute) {
        MocaModel frozen = frozen(backend, weights.imageBind(), weights.centre(), compute);
        if (weights.adapter().isEmpty()) {
            return frozen;
        }
        try (frozen) {
            return frozen.withAdapters(weights.adapter().get());
        }
    }

    /** ImageBind alone; the weights may be closed afterwards. */
    public static MocaModel frozen(Backend backend, Weights imageBind, DType compute) {
        return frozen(backend, imageBind, Optional.empty(), compute);
    }

    private static MocaModel frozen(Backend backend, Weights weights, Optional<JointCentre> centre, DType compute) {
        ImageBind model = ImageBind.load(backend, weights, compute);
        return new MocaModel(new Shared<>(model, model::close), Optional.empty(), centre, compute, weights.source());
    }

    /**
     * A model of the same ImageBind with these adapters instead of those of this one, if any. Close both.
     *
     * @throws dev.earshot.tensor.weights.WeightsException if they do not fit this ImageBind
     * @throws IllegalStateException if closed
     */
    public synchronized MocaModel withAdapters(Weights file) {
        ensureOpen();
        AdaAvAdapters other =
                AdaAvAdapters.load(backend(), file, imageBind.value().config());
        Shared<AdaAvAdapters> owned = new Shared<>(other, other::close);
        return new MocaModel(imageBind.retain(), Optional.of(owned), centre, compute, source);
    }

    /**
     * Another handle of the same model, to be closed on its own.
     *
     * @throws IllegalStateException if closed
     */
    public synchronized MocaModel share() {
        ensureOpen();
        return new MocaModel(imageBind.retain(), adapters.map(Shared::retain), centre, compute, source);
    }

    private void ensureOpen() {
        if (closed) {
            throw new IllegalStateException("moca model: closed");
        }
    }

    /** What it runs on. */
    public Backend backend() {
        return imageBind.value().backend();
    }

    /** Type of the trunks' products. */
    public DType compute() {
        return compute;
    }

    /** The prepared ImageBind; the model's, valid until it is closed. */
    public ImageBind imageBind() {
        return imageBind.value();
    }

    /** The prepared adapters; the model's, valid until it is closed. */
    public Optional<AdaAvAdapters> adapters() {
        return adapters.map(Shared::value);
    }

    /** Centre vectors. */
    public Optional<JointCentre> centre() {
        return centre;
    }

    /** Where ImageBind's weights came from, for messages. */
    String source() {
        return source;
    }

    /** Bytes of prepared weights of ImageBind, adapters not counted; the same however many segmenters share them. */
    public long bytes() {
        return imageBind.value().bytes();
    }

    /** Gives this handle up; the memory is freed with the last one, segmenters included. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            adapters.ifPresent(Shared::release);
            imageBind.release();
        }
    }
}
