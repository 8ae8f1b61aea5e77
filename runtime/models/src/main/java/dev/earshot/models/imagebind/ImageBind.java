package dev.earshot.models.imagebind;

import dev.earshot.models.Filler;
import dev.earshot.models.ForwardSession;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import java.util.Arrays;
import java.util.Map;

/**
 * ImageBind's image and audio encoders and the space they share. Owns the prepared weights; close it before the backend.
 * The weight file may be closed once loading is done. One thread at a time.
 *
 * <p>Source: facebookresearch/ImageBind, imagebind/models/imagebind_model.py.
 */
public final class ImageBind implements AutoCloseable {
    private final Backend backend;
    private final ParameterScope scope;
    private final ImageBindConfig config;
    private final ImageBindVision vision;
    private final ImageBindAudio audio;

    private ImageBind(
            Backend backend,
            ParameterScope scope,
            ImageBindConfig config,
            ImageBindVision vision,
            ImageBindAudio audio) {
        this.backend = backend;
        this.scope = scope;
        this.config = config;
        this.vision = vision;
        this.audio = audio;
    }

    /** Loads both encoders with the sizes that the checkpoint's shapes give; see {@link ImageBindConfig#of}. */
    public static ImageBind load(Backend backend, Weights weights, DType compute) {
        return load(backend, weights, ImageBindConfig.of(weights), compute);
    }

    /**
     * Loads both encoders; the other modalities of the checkpoint are left unread.
     *
     * @param compute type of the trunks' products: F32 or BF16
     */
    public static ImageBind load(Backend backend, Weights weights, ImageBindConfig config, DType compute) {
        WeightLoader loader = ImageBindKeys.loader(weights, "ImageBind", "vision", "audio");
        ImageBindKeys.Vision vision = ImageBindKeys.Vision.declare(loader, config.vision());
        ImageBindKeys.Audio audio = ImageBindKeys.Audio.declare(loader, config.audio());
        loader.finish();
        ParameterScope scope = backend.parameters();
        try {
            return new ImageBind(
                    backend,
                    scope,
                    config,
                    vision.prepare(scope, config.vision(), compute),
                    audio.prepare(scope, config.audio(), compute));
        } catch (Throwable t) {
            scope.close();
            throw t;
        }
    }

    /** Full-size weights of these sizes without a file; see {@link Filler}. */
    public static Weights filler(ImageBindConfig config) {
        WeightLoader declared = WeightLoader.declaring("ImageBind");
        ImageBindKeys.Vision.declare(declared, config.vision());
        ImageBindKeys.Audio.declare(declared, config.audio());
        return new Filler(
                "filler weights of ImageBind", declared.expected(), Map.of(ImageBindKeys.LOG_LOGIT_SCALE, (float)
                        Math.log(20)));
    }

    /** Sizes of both encoders. */
    public ImageBindConfig config() {
        return config;
    }

    /** The backend the weights were prepared for. */
    public Backend backend() {
        return backend;
    }

    /** The image encoder. */
    public ImageBindVision vision() {
        return vision;
    }

    /** The audio encoder. */
    public ImageBindAudio audio() {
        return audio;
    }

    /** Bytes of prepared weights. */
    public long bytes() {
        return scope.bytes();
    }

    /**
     * Embeddings of images or video clips; several clips of one sample are encoded one by one and their finished
     * embeddings averaged, without normalising again.
     *
     * @param images F32 [B, 3, H, W], [B, S, 3, H, W] or [B, S, 3, 2, H, W]
     * @return F32 [B, out]; unit length without clips
     */
    public Tensor embedImages(Backend b, Workspace ws, Tensor images) {
        if (images.shape().rank() == 4) {
            return vision.embed(b, ws, vision.encode(b, ws, images, BlockHook.NONE));
        }
        Tensor each = vision.embed(b, ws, vision.encode(b, ws, joinClips("image", images), BlockHook.NONE));
        return meanOverClips(b, ws, each, images.dim(0), images.dim(1));
    }

    /**
     * Embeddings of log-mel clips; several clips of one sample are averaged as for images.
     *
     * @param clips F32 [B, 1, mel, frames] or [B, S, 1, mel, frames]
     * @return F32 [B, out], of length {@link ImageBindAudio#logitScale()} at most
     */
    public Tensor embedAudio(Backend b, Workspace ws, Tensor clips) {
        if (clips.shape().rank() == 4) {
            return audio.embed(b, ws, audio.encode(b, ws, clips, BlockHook.NONE));
        }
        Tensor each = audio.embed(b, ws, audio.encode(b, ws, joinClips("audio", clips), BlockHook.NONE));
        return meanOverClips(b, ws, each, clips.dim(0), clips.dim(1));
    }

    /**
     * Dense features of the frozen model, one per patch: the stream after the last block and the head's layer norm,
     * without the class token.
     *
     * @param stream F32 [N, 1 + P, D] from {@link ImageBindVision#encode}
     * @return F32 [N, P, D], patches row-major
     */
    public Tensor patchFeatures(Backend b, Workspace ws, Tensor stream) {
        return vision.head().normed(b, ws, stream.slice(1, 1, stream.dim(1)));
    }

    /** A session that embeds images by a captured pass; see {@link #embedImages}. */
    public ForwardSession<Tensor> imageSession() {
        return new ForwardSession<>(backend, (b, ws, inputs) -> embedImages(b, ws, inputs.getFirst()));
    }

    /** A session that embeds log-mel clips by a captured pass; see {@link #embedAudio}. */
    public ForwardSession<Tensor> audioSession() {
        return new ForwardSession<>(backend, (b, ws, inputs) -> embedAudio(b, ws, inputs.getFirst()));
    }

    @Override
    public void close() {
        scope.close();
    }

    /** Clips [B, S, ...] as one batch [B * S, ...]; {@code what} names the input in messages. */
    public static Tensor joinClips(String what, Tensor clips) {
        int rank = clips.shape().rank();
        if (rank < 5) {
            throw new IllegalArgumentException("ImageBind %s: expected a batch [B, ...] or clips [B, S, ...], got %s"
                    .formatted(what, clips.shape()));
        }
        Shape shape = clips.shape();
        long[] dims = Arrays.copyOfRange(shape.toArray(), 1, rank);
        dims[0] = shape.dim(0) * shape.dim(1);
        return clips.reshape(dims);
    }

    /** Mean over S of embeddings [B * S, out]: [B, out]. */
    public static Tensor meanOverClips(Backend b, Workspace ws, Tensor each, long samples, long clips) {
        Tensor mean = ws.allocate(DType.F32, samples, each.dim(-1));
        b.reduce(ReduceOp.MEAN, each.reshape(samples, clips, each.dim(-1)), 1, mean);
        return mean;
    }
}
