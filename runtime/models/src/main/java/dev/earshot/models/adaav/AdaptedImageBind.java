package dev.earshot.models.adaav;

import dev.earshot.models.ForwardSession;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.Trunk;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * ImageBind whose image trunk listens: adapter j reads audio block a_j and adds to image block v_j,
 *
 * <pre>
 * Yv  = Xv + MHA(LN1(Xv)) + AdaAV_attn(Xa, Xv)
 * Xv' = Yv + MLP(LN2(Yv)) + AdaAV_mlp(Ya, Yv)
 * </pre>
 *
 * with Xa the input of the audio block and Ya its state between attention and MLP. The adapters do not change the audio
 * trunk, so it runs first. Owns neither model nor adapters.
 */
public final class AdaptedImageBind {
    private final ImageBind model;
    private final AdaAvAdapters adapters;

    /**
     * What the image trunk needs of the audio trunk; may be kept and used for several images of one clip.
     *
     * @param x Xa of each adapter, F32 [B, k, d_a]
     * @param y Ya of each adapter, F32 [B, k, d_a]
     * @param embedding F32 [B, out], the audio embedding
     */
    public record Heard(List<Tensor> x, List<Tensor> y, Tensor embedding) {}

    /**
     * The result of one pass.
     *
     * @param features dense audio-enhanced features, F32 [B, P, d_v], patches row-major
     * @param imageEmbedding class-token embedding of the audio-enhanced trunk, F32 [B, out], unit length
     * @param audioEmbedding F32 [B, out], as without adapters
     */
    public record Output(Tensor features, Tensor imageEmbedding, Tensor audioEmbedding) {}

    /**
     * The image stream after the last block, both F32 [B, 1 + P, d_v].
     *
     * @param adapted with what the adapters add
     * @param frozen as without adapters
     */
    public record Streams(Tensor adapted, Tensor frozen) {}

    /** Puts adapters onto a model of the sizes they were loaded for. */
    public AdaptedImageBind(ImageBind model, AdaAvAdapters adapters) {
        AdaAvConfig.checkPairs(
                adapters.config().pairs(),
                model.vision().trunk().depth(),
                model.audio().trunk().depth());
        this.model = model;
        this.adapters = adapters;
    }

    /** The model below the adapters. */
    public ImageBind model() {
        return model;
    }

    /** The adapters. */
    public AdaAvAdapters adapters() {
        return adapters;
    }

    /**
     * Runs the audio trunk and keeps what the adapters read.
     *
     * @param audio F32 [B, 1, mel, frames], or several clips per sample [B, S, 1, mel, frames], whose tokens are joined
     */
    public Heard hear(Backend b, Workspace ws, Tensor audio) {
        boolean clips = audio.shape().rank() == 5;
        Tensor each = clips ? ImageBind.joinClips("audio", audio) : audio;
        long samples = audio.dim(0);
        long perSample = clips ? audio.dim(1) : 1;
        AudioStates states =
                new AudioStates(ws, each.dim(0), 1L + model.audio().config().patches());
        Tensor stream = model.audio().encode(b, ws, each, states);
        Tensor embedding = model.audio().embed(b, ws, stream);
        return new Heard(
                joined(states.x, samples),
                joined(states.y, samples),
                clips ? ImageBind.meanOverClips(b, ws, embedding, samples, perSample) : embedding);
    }

    /**
     * The image stream after the last block, adapters included.
     *
     * @param image F32 [B, 3, H, W]
     * @return F32 [B, 1 + P, d_v]
     */
    public Tensor encode(Backend b, Workspace ws, Tensor image, Heard heard) {
        return encode(b, ws, image, heard, BlockHook.NONE);
    }

    /** As {@link #encode(Backend, Workspace, Tensor, Heard)}; {@code observer} sees every block after its adapter. */
    public Tensor encode(Backend b, Workspace ws, Tensor image, Heard heard, BlockHook observer) {
        checkBatch(image, heard);
        return model.vision().encode(b, ws, image, new Insertion(heard, observer));
    }

    /** The first image block with an adapter; what enters it does not depend on sound or adapters. */
    public int firstAdaptedBlock() {
        return adapters.config().pairs().stream()
                .mapToInt(BlockPair::imageBlock)
                .min()
                .orElseThrow();
    }

    /**
     * The rest of {@link #encode}, from {@link #firstAdaptedBlock()} on.
     *
     * @param stream F32 [n B, 1 + P, d_v], what enters that block; overwritten by the stream after the last block
     * @param heard of B samples; image i hears sample i modulo B
     */
    public void encodeFrom(Backend b, Workspace ws, Tensor stream, Heard heard) {
        long samples = heard.embedding().dim(0);
        if (samples == 0 || stream.dim(0) % samples != 0) {
            throw new IllegalArgumentException(
                    "adapted ImageBind: expected a multiple of %d images, one group for all sounds, got %d"
                            .formatted(samples, stream.dim(0)));
        }
        Trunk trunk = model.vision().trunk();
        trunk.run(b, ws, stream, firstAdaptedBlock(), trunk.depth(), new Insertion(heard, BlockHook.NONE));
    }

    /**
     * The stream with and without adapters. The blocks before the first adapter run once for both.
     *
     * @param image F32 [B, 3, H, W]
     */
    public Streams encodeBoth(Backend b, Workspace ws, Tensor image, Heard heard) {
        checkBatch(image, heard);
        Trunk trunk = model.vision().trunk();
        int first = firstAdaptedBlock();
        Tensor adapted = model.vision().preNorm(b, ws, model.vision().tokens(b, ws, image));
        trunk.run(b, ws, adapted, 0, first, BlockHook.NONE);
        Tensor frozen = b.copy(ws, adapted, DType.F32);
        trunk.run(b, ws, adapted, first, trunk.depth(), new Insertion(heard, BlockHook.NONE));
        trunk.run(b, ws, frozen, first, trunk.depth(), BlockHook.NONE);
        return new Streams(adapted, frozen);
    }

    /**
     * Dense features of a stream.
     *
     * @param stream F32 [B, 1 + P, d_v] from {@link #encode}, or of the frozen model
     * @return F32 [B, P, d_v], patches row-major
     */
    public Tensor features(Backend b, Workspace ws, Tensor stream, FeatureNorm featureNorm) {
        return switch (featureNorm) {
            case HEAD -> model.patchFeatures(b, ws, stream);
            case NONE -> b.copy(ws, stream.slice(1, 1, stream.dim(1)), DType.F32);
        };
    }

    /**
     * The whole pass: hear, encode, take features and embeddings.
     *
     * @param image F32 [B, 3, H, W]
     * @param audio as in {@link #hear}
     */
    public Output forward(Backend b, Workspace ws, Tensor image, Tensor audio, FeatureNorm featureNorm) {
        Heard heard = hear(b, ws, audio);
        Tensor stream = encode(b, ws, image, heard);
        return new Output(features(b, ws, stream, featureNorm), model.vision().embed(b, ws, stream), heard.embedding());
    }

    /** A session that runs {@link #forward} as a captured pass; its inputs are image and audio. */
    public ForwardSession<Output> session(FeatureNorm featureNorm) {
        return new ForwardSession<>(
                model.backend(), (b, ws, inputs) -> forward(b, ws, inputs.get(0), inputs.get(1), featureNorm));
    }

    private static void checkBatch(Tensor image, Heard heard) {
        long samples = heard.embedding().dim(0);
        if (image.dim(0) != samples) {
            throw new IllegalArgumentException(
                    "adapted ImageBind: expected as many images as audio samples, got %d and %d"
                            .formatted(image.dim(0), samples));
        }
    }

    private static List<Tensor> joined(List<Tensor> states, long samples) {
        return states.stream()
                .map(state -> state.reshape(samples, state.dim(0) * state.dim(1) / samples, state.dim(2)))
                .toList();
    }

    /** Copies the states of the paired audio blocks; buffers are made before the trunk opens its frame. */
    private final class AudioStates implements BlockHook {
        private final List<BlockPair> pairs = adapters.config().pairs();
        private final List<Tensor> x = new ArrayList<>();
        private final List<Tensor> y = new ArrayList<>();

        AudioStates(Workspace ws, long clips, long tokens) {
            for (int j = 0; j < pairs.size(); j++) {
                x.add(ws.allocate(
                        DType.F32, clips, tokens, model.audio().config().width()));
                y.add(ws.allocate(
                        DType.F32, clips, tokens, model.audio().config().width()));
            }
        }

        @Override
        public void afterAttention(Backend b, Workspace ws, int block, Tensor blockX, Tensor blockY) {
            for (int j = 0; j < pairs.size(); j++) {
                if (pairs.get(j).audioBlock() == block) {
                    b.copy(blockX, x.get(j));
                    b.copy(blockY, y.get(j));
                }
            }
        }
    }

    /** Adds the adapters' outputs to the image stream. */
    private final class Insertion implements BlockHook {
        private final List<BlockPair> pairs = adapters.config().pairs();
        private final Heard heard;
        private final BlockHook observer;

        Insertion(Heard heard, BlockHook observer) {
            this.heard = heard;
            this.observer = observer;
        }

        @Override
        public void afterAttention(Backend b, Workspace ws, int block, Tensor x, Tensor y) {
            int j = adapterAt(block);
            if (j >= 0) {
                adapters.adapters().get(j).attn().addTo(b, ws, heard.x().get(j), x, y);
            }
            observer.afterAttention(b, ws, block, x, y);
        }

        @Override
        public void afterMlp(Backend b, Workspace ws, int block, Tensor y, Tensor out) {
            int j = adapterAt(block);
            if (j >= 0) {
                adapters.adapters().get(j).mlp().addTo(b, ws, heard.y().get(j), y, out);
            }
            observer.afterMlp(b, ws, block, y, out);
        }

        private int adapterAt(int block) {
            for (int j = 0; j < pairs.size(); j++) {
                if (pairs.get(j).imageBlock() == block) {
                    return j;
                }
            }
            return -1;
        }
    }
}
