package dev.earshot.segmentation.moca;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The networks of MoCA as one captured pass: the audio trunk, the image trunk that listens to it through the adapters
 * (or, without adapters, the frozen one), features and joint-space tokens. Owns the session, not the model. One thread at
 * a time.
 */
final class AudioVisualEncoder implements AutoCloseable {
    /** A Java array's limit, with room to spare: about 6,000 frames of ImageBind-Huge. */
    private static final int MAX_VALUES = 2_000_000_000;

    private final Backend backend;
    private final ForwardSession<Output> session;
    private Optional<Encoded> again = Optional.empty();

    /**
     * The pass's results on the device, valid until the next pass.
     *
     * @param features [B, P, D], what is clustered
     * @param plain [B, P, D], features of the frozen trunk, where asked for
     * @param joint [B, P, J], tokens in the joint space, not normalised
     * @param audio [B, J], audio embeddings
     */
    record Output(Tensor features, Optional<Tensor> plain, Tensor joint, Tensor audio) {}

    /**
     * The results of a batch that the choice of clusters needs on the host.
     *
     * @param tokens patches P of a frame
     * @param jointWidth J
     * @param joint [B, P, J], tokens in the joint space, not normalised
     * @param audio [B, J], audio embeddings
     * @param change features with and without sound, where asked for
     */
    record Encoded(int tokens, int jointWidth, float[] joint, float[] audio, Optional<Change> change) {
        /** The results of several batches in order. */
        static Encoded join(List<Encoded> parts) {
            if (parts.size() == 1) {
                return parts.getFirst();
            }
            Encoded first = parts.getFirst();
            return new Encoded(
                    first.tokens,
                    first.jointWidth,
                    join(parts, Encoded::joint),
                    join(parts, Encoded::audio),
                    first.change.map(c -> new Change(
                            c.width(),
                            join(parts, part -> part.change.orElseThrow().features()),
                            join(parts, part -> part.change.orElseThrow().plain()))));
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

    /** The frozen model. */
    static AudioVisualEncoder frozen(ImageBind model, FeatureNorm norm) {
        return new AudioVisualEncoder(model.backend(), (b, ws, inputs) -> {
            Tensor audio = model.embedAudio(b, ws, inputs.get(1));
            Tensor stream = model.vision().encode(b, ws, inputs.get(0), BlockHook.NONE);
            Tensor features = features(b, ws, model, stream, norm);
            return new Output(features, Optional.empty(), jointTokens(b, ws, model, stream), audio);
        });
    }

    /**
     * The model with adapters.
     *
     * @param alsoFrozen also runs the frozen image trunk, for {@code plain}
     * @param frozenScores takes the joint tokens from the frozen trunk; implies {@code alsoFrozen}
     */
    static AudioVisualEncoder adapted(
            ImageBind model, AdaAvAdapters adapters, FeatureNorm norm, boolean alsoFrozen, boolean frozenScores) {
        AdaptedImageBind adapted = new AdaptedImageBind(model, adapters);
        return new AudioVisualEncoder(model.backend(), (b, ws, inputs) -> {
            Tensor image = inputs.get(0);
            AdaptedImageBind.Heard heard = adapted.hear(b, ws, inputs.get(1));
            if (!alsoFrozen && !frozenScores) {
                Tensor stream = adapted.encode(b, ws, image, heard);
                Tensor features = adapted.features(b, ws, stream, norm);
                return new Output(features, Optional.empty(), jointTokens(b, ws, model, stream), heard.embedding());
            }
            AdaptedImageBind.Streams streams = adapted.encodeBoth(b, ws, image, heard);
            Tensor features = adapted.features(b, ws, streams.adapted(), norm);
            Optional<Tensor> plain =
                    alsoFrozen ? Optional.of(adapted.features(b, ws, streams.frozen(), norm)) : Optional.empty();
            Tensor joint = jointTokens(b, ws, model, frozenScores ? streams.frozen() : streams.adapted());
            return new Output(features, plain, joint, heard.embedding());
        });
    }

    private AudioVisualEncoder(Backend backend, ForwardSession.Forward<Output> forward) {
        this.backend = backend;
        this.session = new ForwardSession<>(backend, forward);
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
     * @param images [frames, 3, side, side]
     * @param sounds [frames, 1, mel, time]
     */
    Output encode(HostTensor images, HostTensor sounds) {
        return session.run(images, sounds);
    }

    /** Brings what the choice of clusters needs to the host; features only where their change is asked for. */
    Encoded download(Output out) {
        return new Encoded(
                Math.toIntExact(out.joint().dim(1)),
                Math.toIntExact(out.joint().dim(2)),
                backend.download(out.joint()),
                backend.download(out.audio()),
                out.plain()
                        .map(plain -> new Change(
                                Math.toIntExact(plain.dim(2)),
                                backend.download(out.features()),
                                backend.download(plain))));
    }

    /** As {@link #download}, into the arrays of the last call of this method if they are of the right size. */
    Encoded downloadAgain(Output out) {
        boolean fits = again.isPresent()
                && again.get().joint().length == out.joint().shape().elements()
                && again.get().audio().length == out.audio().shape().elements();
        if (out.plain().isPresent() || !fits) {
            Encoded fresh = download(out);
            again = Optional.of(fresh);
            return fresh;
        }
        backend.download(out.joint(), again.get().joint());
        backend.download(out.audio(), again.get().audio());
        return again.get();
    }

    @Override
    public void close() {
        session.close();
    }
}
