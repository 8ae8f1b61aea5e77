package dev.earshot.models.sam;

import static dev.earshot.tensor.Checks.argument;

import dev.earshot.models.Filler;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Checks;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * SAM without its image encoder: prompt encoder and mask decoder over embeddings from anywhere. {@link Sam} is both. Prompts
 * are decoded in passes of a power of two, each a captured program that serves every image, so that a handful of them covers
 * any number of prompts and a steady state allocates nothing on the device. One thread at a time.
 */
public final class SamDecoder implements AutoCloseable {
    private final Backend backend;
    private final ParameterScope scope;
    private final SamGrid grid;
    private final SamConfig.Decoder sizes;
    private final SamOptions options;
    private final SamPromptEncoder prompts;
    private final SamMaskDecoder masks;
    private final Optional<HqFeature> hq;
    private final List<SamEmbedding.Slot> slots = new ArrayList<>();
    private final Deque<SamEmbedding.Slot> free = new ArrayDeque<>();
    private final SamEmbedding.Slot current; // the image that captured passes read
    private final Workspace scratch;
    private final DecodingPasses passes;
    private SamEmbedding shown; // whose features are in current
    private boolean decoding;
    private boolean closed;

    /** The declared tensors. */
    record Declared(SamPromptEncoder.Declared prompts, SamMaskDecoder.Declared masks, Optional<HqFeature.Declared> hq) {
        /** @param encoderWidth D of the image encoder for HQ-SAM, absent for plain SAM */
        static Declared declare(SamLoader loader, SamConfig.Decoder sizes, Optional<Integer> encoderWidth) {
            return new Declared(
                    SamPromptEncoder.Declared.declare(loader, sizes),
                    SamMaskDecoder.Declared.declare(loader, sizes, encoderWidth.isPresent()),
                    encoderWidth.map(width -> HqFeature.Declared.declare(loader, sizes, width)));
        }
    }

    /** Prepares what was declared in {@code scope}, which this closes from here on. */
    SamDecoder(
            Backend backend,
            ParameterScope scope,
            Declared declared,
            SamGrid grid,
            SamConfig.Decoder sizes,
            SamOptions options) {
        this.backend = backend;
        this.scope = scope;
        this.grid = grid;
        this.sizes = sizes;
        this.options = options;
        this.prompts = new SamPromptEncoder(scope, declared.prompts(), grid);
        Tensor positions = scope.tensor(prompts.positions(), DType.F32);
        this.masks = new SamMaskDecoder(backend, scope, declared.masks(), grid, sizes, options, positions);
        this.hq = declared.hq().map(feature -> feature.prepare(scope, grid, options.compute()));
        this.current = newSlot();
        this.scratch = backend.workspace(0);
        this.passes = new DecodingPasses(this, new PassMemory(grid, sizes, options, hq.isPresent()));
    }

    /**
     * Loads prompt encoder and mask decoder of plain SAM, under the authors' keys or Hugging Face's; an image encoder in the
     * same file is left alone.
     */
    public static SamDecoder load(
            Backend backend, Weights weights, SamGrid grid, SamConfig.Decoder sizes, SamOptions options) {
        SamLoader loader = SamLoader.of(weights, "SAM's decoder");
        Declared declared = Declared.declare(loader, sizes, Optional.empty());
        loader.ignore("image_encoder").finish();
        ParameterScope scope = backend.parameters();
        try {
            return new SamDecoder(backend, scope, declared, grid, sizes, options);
        } catch (Throwable t) {
            scope.close();
            throw t;
        }
    }

    /** Full-size weights of these sizes under the authors' names, without a file; see {@link Filler}. */
    public static Weights filler(SamConfig.Decoder sizes) {
        SamLoader loader = SamLoader.declaring(SamKeys.ORIGINAL);
        Declared.declare(loader, sizes, Optional.empty());
        return new Filler("filler weights of SAM's decoder", loader.expected(), Map.of());
    }

    Backend backend() {
        return backend;
    }

    SamGrid grid() {
        return grid;
    }

    SamConfig.Decoder sizes() {
        return sizes;
    }

    SamPromptEncoder prompts() {
        return prompts;
    }

    SamMaskDecoder masks() {
        return masks;
    }

    SamOptions options() {
        return options;
    }

    /** The image that captured passes read. */
    ImageFeatures current() {
        return current.features();
    }

    boolean isHighQuality() {
        return hq.isPresent();
    }

    boolean isClosed() {
        return closed;
    }

    /** Bytes of activations held for passes, in use or not. */
    public long passBytes() {
        return passes.bytes();
    }

    /**
     * Prepares an image for decoding.
     *
     * @param tokens F32 [1, gridRows * gridColumns, E], the image embedding; copied
     * @param early F32 [1, gridRows * gridColumns, D], the encoder's stream after its first global block; for HQ-SAM only
     */
    public SamEmbedding embedding(Tensor tokens, Optional<Tensor> early) {
        return embedding(tokens, early, SamObserver.NONE);
    }

    /** As {@link #embedding(Tensor, Optional)}; {@code observer} sees the parts of the HQ feature. */
    public SamEmbedding embedding(Tensor tokens, Optional<Tensor> early, SamObserver observer) {
        requireIdle("embedding");
        Checks.shape("SAM image embedding", tokens, 1, grid.tokens(), sizes.width());
        Checks.dtype("SAM image embedding", tokens, DType.F32);
        argument(
                early.isPresent() == hq.isPresent(),
                "SAM early feature",
                "expected one for HQ-SAM and only then, got %s",
                early.isPresent() ? "one" : "none");
        SamEmbedding.Slot slot = free.isEmpty() ? newSlot() : free.pop();
        try {
            prepare(slot.features(), tokens, early, observer);
        } catch (Throwable t) {
            giveBack(slot);
            throw t;
        }
        return new SamEmbedding(this, slot);
    }

    private void prepare(ImageFeatures image, Tensor tokens, Optional<Tensor> early, SamObserver observer) {
        scratch.reset();
        backend.copy(tokens, image.tokens());
        backend.binary(BinaryOp.ADD, image.tokens(), prompts.noMask(), image.stream());
        masks.transformer().project(backend, scratch, image.stream(), image.projected());
        if (hq.isPresent()) {
            hq.get()
                    .apply(
                            backend,
                            scratch,
                            image.tokens(),
                            early.orElseThrow(),
                            image.hqFeature().orElseThrow(),
                            observer);
        }
    }

    private SamEmbedding.Slot newSlot() {
        long n = grid.tokens();
        Workspace ws = backend.workspace(0);
        ImageFeatures features = new ImageFeatures(
                ws.allocate(DType.F32, 1, n, sizes.width()),
                ws.allocate(DType.F32, 1, n, sizes.width()),
                ws.allocate(DType.F32, 1, n, masks.transformer().projectedColumns()),
                hq.map(_ -> ws.allocate(options.compute(), 1, 16 * n, sizes.filterWidth())));
        SamEmbedding.Slot slot = new SamEmbedding.Slot(ws, features);
        slots.add(slot);
        return slot;
    }

    void giveBack(SamEmbedding.Slot slot) {
        if (!closed) {
            free.push(slot);
        }
    }

    /**
     * Decodes prompts; see {@link Sam#decode}.
     *
     * @throws IllegalArgumentException if mask prompts are neither one nor one for each prompt, of 4 times the grid
     */
    public void decode(SamEmbedding image, SamPrompts asked, boolean multimask, SamSink sink) {
        requireIdle("decode");
        ImageFeatures features = image.features(this);
        requireMasks(asked);
        if (asked.count() == 0) {
            return;
        }
        decoding = true;
        try {
            if (shown != image) {
                shown = null;
                features.copyTo(backend, current.features());
                shown = image;
            }
            passes.run(asked, multimask, sink);
        } finally {
            decoding = false;
        }
    }

    /** Fails after the close and inside a sink. */
    void requireIdle(String what) {
        if (closed) {
            throw new IllegalStateException("SAM: %s after close".formatted(what));
        }
        if (decoding) {
            throw new IllegalStateException(
                    "SAM: %s inside a sink: expected one decoding at a time — copy what the sink gets and go on after it"
                            .formatted(what));
        }
    }

    private void requireMasks(SamPrompts asked) {
        long pixels = prompts.maskPixels();
        int given = asked.masks().length;
        argument(
                given == 0 || given == pixels || given == pixels * asked.count(),
                "SAM masks",
                "expected none, one or %d mask prompts of %d x %d logits, got %d numbers",
                asked.count(),
                4 * grid.rows(),
                4 * grid.columns(),
                given);
    }

    /**
     * Decodes all prompts at once, op by op, with a look at every stage; for comparisons with other implementations.
     *
     * @param observer also sees all masks and all predicted IoU, whatever {@link #decode} would choose
     */
    public void observe(SamEmbedding image, SamPrompts asked, SamObserver observer) {
        requireIdle("observe");
        ImageFeatures features = image.features(this);
        requireMasks(asked);
        try (Workspace ws = backend.workspace(0)) {
            PassInputs inputs = PassInputs.allocate(ws, this, PassShape.of(this, asked, asked.count(), true));
            inputs.fill(asked, 0);
            new PassForward(this, inputs, features).observe(backend, ws, observer);
        }
    }

    /** Frees everything, embeddings included. */
    @Override
    public void close() {
        if (!closed) {
            requireIdle("close");
            closed = true;
            passes.close();
            scratch.close();
            slots.forEach(slot -> slot.workspace().close());
            scope.close();
        }
    }
}
