package dev.earshot.models.sam;

import dev.earshot.models.Filler;
import dev.earshot.models.ForwardSession;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Checks;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.weights.Weights;
import java.util.Map;
import java.util.Optional;

/**
 * Segment Anything, or HQ-SAM if the checkpoint holds it: one image embedding serves any number of prompts. Owns the
 * prepared weights; close it before the backend. One thread at a time.
 *
 * <p>Source: facebookresearch/segment-anything, SysCV/sam-hq.
 */
public final class Sam implements AutoCloseable {
    private final SamConfig config;
    private final SamDecoder decoder;
    private final ForwardSession<Encoded> encoding;

    /** The encoder's results: F32 [1, N, E] and, for HQ-SAM, F32 [1, N, D]. */
    private record Encoded(Tensor tokens, Optional<Tensor> early) {}

    private Sam(SamConfig config, SamDecoder decoder, ForwardSession<Encoded> encoding) {
        this.config = config;
        this.decoder = decoder;
        this.encoding = encoding;
    }

    /**
     * Loads a model under the authors' keys or Hugging Face's; sizes are read off the checkpoint's shapes.
     *
     * @throws dev.earshot.tensor.weights.WeightsException if the file is not one of SAM or HQ-SAM, saying what it looks like
     */
    public static Sam load(Backend backend, Weights weights, SamOptions options) {
        return load(backend, weights, SamConfig.of(weights), options);
    }

    /** As {@link #load(Backend, Weights, SamOptions)} for a model of known sizes. */
    public static Sam load(Backend backend, Weights weights, SamConfig config, SamOptions options) {
        SamLoader loader = SamLoader.of(weights, SamVariant.describe(config));
        ImageEncoderWeights encoderWeights = ImageEncoderWeights.declare(loader, config.grid(), config.encoder());
        SamDecoder.Declared decoderWeights = SamDecoder.Declared.declare(loader, config.decoder(), earlyWidth(config));
        loader.finish();
        ParameterScope scope = backend.parameters();
        try {
            SamImageEncoder encoder = encoderWeights.prepare(scope, config.grid(), config.encoder(), options.compute());
            SamDecoder decoder =
                    new SamDecoder(backend, scope, decoderWeights, config.grid(), config.decoder(), options);
            return new Sam(config, decoder, session(backend, encoder, config.highQuality()));
        } catch (Throwable t) {
            scope.close();
            throw t;
        }
    }

    /** Full-size weights of these sizes under the authors' names, without a file; see {@link Filler}. */
    public static Weights filler(SamConfig config) {
        SamLoader loader = SamLoader.declaring(SamKeys.ORIGINAL);
        ImageEncoderWeights.declare(loader, config.grid(), config.encoder());
        SamDecoder.Declared.declare(loader, config.decoder(), earlyWidth(config));
        return new Filler("filler weights of " + SamVariant.describe(config), loader.expected(), Map.of());
    }

    /** Width of the encoder's early state if the decoder uses it. */
    private static Optional<Integer> earlyWidth(SamConfig config) {
        return config.highQuality() ? Optional.of(config.encoder().width()) : Optional.empty();
    }

    private static ForwardSession<Encoded> session(Backend backend, SamImageEncoder encoder, boolean early) {
        return new ForwardSession<>(backend, (b, ws, inputs) -> {
            Tensor pixels = inputs.getFirst();
            if (!early) {
                return new Encoded(encoder.embed(b, ws, pixels), Optional.empty());
            }
            SamImageEncoder.Features features = encoder.embedWithEarly(b, ws, pixels);
            return new Encoded(features.embedding(), Optional.of(features.early()));
        });
    }

    /** Sizes of this model. */
    public SamConfig config() {
        return config;
    }

    /** True for HQ-SAM, which always gives one mask per prompt. */
    public boolean isHighQuality() {
        return config.highQuality();
    }

    /** The model without its image encoder. */
    public SamDecoder decoder() {
        return decoder;
    }

    /**
     * Runs the image encoder.
     *
     * @param pixels F32 [1, 3, S, S], normalised and padded
     * @return holds device memory; close it
     */
    public SamEmbedding embed(HostTensor pixels) {
        return embed(pixels, SamObserver.NONE);
    }

    /** As {@link #embed(HostTensor)}; {@code observer} sees the parts of the HQ feature. */
    public SamEmbedding embed(HostTensor pixels, SamObserver observer) {
        decoder.requireIdle("embed");
        Checks.argument(
                pixels.shape().rank() == 4 && pixels.shape().dim(0) == 1,
                "SAM image",
                "expected one image [1, 3, %d, %d], got %s",
                config.grid().imageHeight(),
                config.grid().imageWidth(),
                pixels.shape());
        Encoded encoded = encoding.run(pixels);
        return decoder.embedding(encoded.tokens(), encoded.early(), observer);
    }

    /**
     * Decodes prompts against one image, in passes that stay under the memory ceiling; each pass's results are handed over
     * while they are valid. No prompts, no call of the sink.
     *
     * @param multimask three masks per prompt, for prompts that may mean a part, an object or a group; otherwise one. From
     *     HQ-SAM always one, with {@code multimask} the best of three by predicted IoU
     */
    public void decode(SamEmbedding image, SamPrompts prompts, boolean multimask, SamSink sink) {
        decoder.decode(image, prompts, multimask, sink);
    }

    /** Frees weights and memory, open embeddings included; closing twice is allowed. */
    @Override
    public void close() {
        if (!decoder.isClosed()) {
            decoder.requireIdle("close");
            encoding.close();
            decoder.close();
        }
    }
}
