package dev.earshot.segmentation.moca;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The networks of MoCA as one captured pass: the audio trunk, the image trunk that listens to it through the adapters
 * (or, without adapters, the frozen one), features and joint-space tokens, and the clusters of frames that are clustered by
 * themselves. On a card a frame is three small uploads, one graph and one copy back. Owns the session, not the model. One
 * thread at a time.
 */
final class AudioVisualEncoder implements AutoCloseable {
    /** A Java array's limit, with room to spare: about 6,000 frames of ImageBind-Huge. */
    private static final int MAX_VALUES = 2_000_000_000;

    private static final float[] MEAN = ImagePreprocess.MOCA.mean().channels();
    private static final float[] STD = ImagePreprocess.MOCA.std().channels();

    private final Backend backend;
    private final Optional<KMeansSettings> kMeans;
    private final ForwardSession<Output> session;
    private Optional<Encoded> again = Optional.empty();

    /**
     * The pass's results on the device, valid until the next pass.
     *
     * @param features [B, P, D], what is clustered
     * @param plain [B, P, D], features of the frozen trunk, where asked for
     * @param joint [B, P, J], tokens in the joint space, not normalised
     * @param rows [B, {@link FrameRows#width}], what the host needs of each frame
     */
    record Output(Tensor features, Optional<Tensor> plain, Tensor joint, Tensor rows) {}

    /** What the networks give, see {@link Output}; {@code audio} is [B, J]. */
    private record Networks(Tensor features, Optional<Tensor> plain, Tensor joint, Tensor audio) {}

    /** The networks' pass over images [B, 3, side, side] and sounds [B, 1, mel, time]. */
    private interface Pass {
        Networks run(Backend b, Workspace ws, Tensor images, Tensor sounds);
    }

    /**
     * The results of a batch on the host.
     *
     * @param layout of the rows
     * @param rows [B, layout.width()]
     * @param change features with and without sound, where asked for
     */
    record Encoded(FrameRows layout, float[] rows, Optional<Change> change) {
        /** The results of several batches in order. */
        static Encoded join(List<Encoded> parts) {
            if (parts.size() == 1) {
                return parts.getFirst();
            }
            Encoded first = parts.getFirst();
            return new Encoded(
                    first.layout,
                    join(parts, Encoded::rows),
                    first.change.map(c -> new Change(
                            c.width(),
                            join(parts, part -> part.change.orElseThrow().features()),
                            join(parts, part -> part.change.orElseThrow().plain()))));
        }

        /** Where the row of a frame starts. */
        int row(int frame) {
            return frame * layout.width();
        }

        private static float[] join(List<Encoded> parts, Function<Encoded, float[]> field) {
            long length =
                    parts.stream().mapToLong(part -> field.apply(part).length).sum();
            if (length > MAX_VALUES) {
                throw new IllegalArgumentException(
                        "clip-wise clustering: expected at most %d feature values, got %d; cluster frame by frame"
                                .formatted(MAX_VALUES, length));
            }
            float[] all = new float[(int) length];
            int at = 0;
            for (Encoded part : parts) {
                float[] values = field.apply(part);
                System.arraycopy(values, 0, all, at, values.length);
                at += values.length;
            }
            return all;
        }
    }

    /**
     * Features of the trunk that listens and of the one that does not.
     *
     * @param width D
     * @param features [B, P, D]
     * @param plain [B, P, D]
     */
    record Change(int width, float[] features, float[] plain) {}

    /**
     * The frozen model.
     *
     * @param kMeans how each frame is clustered within the pass, if it is
     */
    static AudioVisualEncoder frozen(ImageBind model, FeatureNorm norm, Optional<KMeansSettings> kMeans) {
        return new AudioVisualEncoder(model.backend(), kMeans, (b, ws, images, sounds) -> {
            Tensor audio = model.embedAudio(b, ws, sounds);
            Tensor stream = model.vision().encode(b, ws, images, BlockHook.NONE);
            Tensor features = features(b, ws, model, stream, norm);
            return new Networks(features, Optional.empty(), jointTokens(b, ws, model, stream), audio);
        });
    }

    /**
     * The model with adapters.
     *
     * @param kMeans how each frame is clustered within the pass, if it is
     * @param alsoFrozen also runs the frozen image trunk, for {@code plain}
     * @param frozenScores takes the joint tokens from the frozen trunk; implies {@code alsoFrozen}
     */
    static AudioVisualEncoder adapted(
            ImageBind model,
            AdaAvAdapters adapters,
            FeatureNorm norm,
            Optional<KMeansSettings> kMeans,
            boolean alsoFrozen,
            boolean frozenScores) {
        AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
        return new AudioVisualEncoder(model.backend(), kMeans, (b, ws, images, sounds) -> {
            AdaptedImageBind.Heard heard = adapted.hear(b, ws, sounds);
            if (!alsoFrozen && !frozenScores) {
                Tensor stream = adapted.encode(b, ws, images, heard);
                Tensor features = adapted.features(b, ws, stream, norm);
                return new Networks(features, Optional.empty(), jointTokens(b, ws, model, stream), heard.embedding());
            }
            AdaptedImageBind.Streams streams = adapted.encodeBoth(b, ws, images, heard);
            Tensor features = adapted.features(b, ws, streams.adapted(), norm);
            Optional<Tensor> plain =
                    alsoFrozen ? Optional.of(adapted.features(b, ws, streams.frozen(), norm)) : Optional.empty();
            Tensor joint = jointTokens(b, ws, model, frozenScores ? streams.frozen() : streams.adapted());
            return new Networks(features, plain, joint, heard.embedding());
        });
    }

    private AudioVisualEncoder(Backend backend, Optional<KMeansSettings> kMeans, Pass pass) {
        this.backend = backend;
        this.kMeans = kMeans;
        this.session = new ForwardSession<>(backend, (b, ws, inputs) -> {
            Networks out = pass.run(b, ws, normalised(b, ws, inputs.get(0)), inputs.get(1));
            Tensor rows = FrameRows.gather(b, ws, out.features, inputs.get(2), kMeans, out.joint, out.audio);
            return new Output(out.features, out.plain, out.joint, rows);
        });
    }

    private static Tensor normalised(Backend b, Workspace ws, Tensor pictures) {
        Tensor images = ws.allocate(DType.F32, pictures.dim(0), 3, pictures.dim(1), pictures.dim(2));
        b.normalizeImage(pictures, MEAN, STD, images);
        return images;
    }

    private static Tensor features(Backend b, Workspace ws, ImageBind model, Tensor stream, FeatureNorm norm) {
        return switch (norm) {
            case HEAD -> model.patchFeatures(b, ws, stream);
            case NONE -> b.copy(ws, stream.slice(1, 1, stream.dim(1)), DType.F32);
        };
    }

    private static Tensor jointTokens(Backend b, Workspace ws, ImageBind model, Tensor stream) {
        return model.vision().head().jointTokens(b, ws, stream.slice(1, 1, stream.dim(1)));
    }

    /**
     * Runs the networks.
     *
     * @param pictures U8 [frames, side, side, 3]
     * @param sounds [frames, 1, mel, time]
     * @param indices I32 [frames], numbers of the frames in their clip
     */
    Output encode(HostTensor pictures, HostTensor sounds, HostTensor indices) {
        return session.run(pictures, sounds, indices);
    }

    /** Brings what the choice of clusters needs to the host; features only where their change is asked for. */
    Encoded download(Output out) {
        return new Encoded(
                FrameRows.of(kMeans, out.joint()),
                backend.download(out.rows()),
                out.plain()
                        .map(plain -> new Change(
                                Math.toIntExact(plain.dim(2)),
                                backend.download(out.features()),
                                backend.download(plain))));
    }

    /** As {@link #download}, into the array of the last call of this method if it is of the right size. */
    Encoded downloadAgain(Output out) {
        boolean fits = again.isPresent()
                && again.get().rows().length == out.rows().shape().elements();
        if (out.plain().isPresent() || !fits) {
            Encoded fresh = download(out);
            again = Optional.of(fresh);
            return fresh;
        }
        backend.download(out.rows(), again.get().rows());
        return again.get();
    }

    @Override
    public void close() {
        session.close();
    }
}
