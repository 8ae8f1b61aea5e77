package dev.earshot.models.imagebind;

import dev.earshot.models.internal.CheckpointGuess;
import dev.earshot.models.internal.CheckpointShapes;
import dev.earshot.models.vit.BlockConfig;
import dev.earshot.models.vit.BlockWeights;
import dev.earshot.models.vit.LayerNormWeights;
import dev.earshot.models.vit.LinearWeights;
import dev.earshot.models.vit.PatchEmbed;
import dev.earshot.models.vit.PositionResampling;
import dev.earshot.models.vit.PositionTable;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.weights.Weight;
import dev.earshot.tensor.weights.WeightLoader;
import dev.earshot.tensor.weights.Weights;
import dev.earshot.tensor.weights.WeightsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The keys of {@code imagebind_huge.pth}: the one place where they are written. */
final class ImageBindKeys {
    /** The published audio buffer; its logarithm is stored. */
    static final String LOG_LOGIT_SCALE = "modality_postprocessors.audio.1.log_logit_scale";

    private static final String VISION_STEM = "modality_preprocessors.vision.rgbt_stem.proj.1.weight";
    private static final String VISION_POSITIONS = "modality_preprocessors.vision.pos_embedding_helper.pos_embed";
    private static final String AUDIO_STEM = "modality_preprocessors.audio.rgbt_stem.proj.weight";
    private static final String AUDIO_POSITIONS = "modality_preprocessors.audio.pos_embedding_helper.pos_embed";

    /** Eps of the audio stem's layer norm, PyTorch's default, unlike all others. */
    private static final float STEM_EPS = 1e-5f;

    /** Channels of a head in the published model. */
    private static final int VISION_HEAD_DIM = 80;

    private static final int AUDIO_HEAD_DIM = 64;

    private static final int FRAMES = 2;
    private static final int CHANNELS = 3;

    private ImageBindKeys() {}

    /** A loader that leaves other modalities (and adapters kept in the same file) alone. */
    static WeightLoader loader(Weights weights, String model, String... modalities) {
        Set<String> wanted = Set.of(modalities);
        return WeightLoader.of(weights, model)
                .ignoreIf(key -> {
                    String[] parts = key.split("\\.", 3);
                    return parts.length > 2 && parts[0].startsWith("modality_") && !wanted.contains(parts[1]);
                })
                .ignore("adaav.")
                .hint(CheckpointGuess::describe);
    }

    /** Sizes of both encoders from the shapes of a checkpoint. */
    static ImageBindConfig config(Weights weights) {
        return new CheckpointShapes(weights)
                .derive("ImageBind", () -> new ImageBindConfig(visionConfig(weights), audioConfig(weights)));
    }

    /** Sizes of the image encoder from the shapes of a checkpoint. */
    static VisionConfig visionConfig(Weights weights) {
        requireStem(weights, VISION_STEM);
        CheckpointShapes shapes = new CheckpointShapes(weights);
        return shapes.derive("ImageBind's image encoder", () -> {
            int width = shapes.dim(VISION_STEM, 5, 0); // [D, 3, 2, p, p]
            int patch = shapes.dim(VISION_STEM, 5, -1);
            VitConfig vit = new VitConfig(
                    Math.multiplyExact(shapes.gridSide(VISION_POSITIONS), patch),
                    patch,
                    width,
                    shapes.depth("modality_trunks.vision.blocks.%d.norm_1.weight"),
                    shapes.heads("earshot.vision_heads", width, VISION_HEAD_DIM),
                    shapes.dim("modality_trunks.vision.blocks.0.mlp.fc1.weight", 2, 0),
                    ImageBindConfig.LAYER_NORM_EPS);
            return new VisionConfig(vit, shapes.dim("modality_heads.vision.2.weight", 2, 0));
        });
    }

    /** Sizes of the audio encoder from the shapes of a checkpoint. */
    static AudioConfig audioConfig(Weights weights) {
        requireStem(weights, AUDIO_STEM);
        CheckpointShapes shapes = new CheckpointShapes(weights);
        return shapes.derive("ImageBind's audio encoder", () -> {
            int width = shapes.dim(AUDIO_STEM, 4, 0); // [D, 1, k, k]
            return new AudioConfig(
                    shapes.dim(AUDIO_STEM, 4, -1),
                    AudioConfig.STRIDE,
                    shapes.dim(AUDIO_POSITIONS, 3, 1) - 1,
                    width,
                    shapes.depth("modality_trunks.audio.blocks.%d.norm_1.weight"),
                    shapes.heads("earshot.audio_heads", width, AUDIO_HEAD_DIM),
                    shapes.dim("modality_trunks.audio.blocks.0.mlp.fc1.weight", 2, 0),
                    shapes.dim("modality_heads.audio.2.weight", 2, 0));
        });
    }

    private static void requireStem(Weights weights, String key) {
        if (!weights.contains(key)) {
            String guess = CheckpointGuess.describe(weights);
            throw WeightsException.of(
                    weights.source(),
                    key,
                    "this tensor of an ImageBind checkpoint",
                    "none of that name",
                    guess.isEmpty() ? "give imagebind_huge converted to safetensors" : "this looks like " + guess);
        }
    }

    private static List<BlockWeights> blocks(WeightLoader loader, int depth, BlockConfig config) {
        List<BlockWeights> blocks = new ArrayList<>();
        for (int i = 0; i < depth; i++) {
            blocks.add(block(loader.at("blocks." + i + "."), config));
        }
        return blocks;
    }

    private static BlockWeights block(WeightLoader block, BlockConfig config) {
        int width = config.width();
        List<Weight> extra = config.extraKeyValue()
                ? List.of(block.tensor("attn.bias_k", 1, 1, width), block.tensor("attn.bias_v", 1, 1, width))
                : List.of();
        return new BlockWeights(
                LayerNormWeights.declare(block, "norm_1", width),
                new LinearWeights(
                        List.of(block.tensor("attn.in_proj_weight", 3L * width, width)),
                        List.of(block.tensor("attn.in_proj_bias", 3L * width))),
                extra,
                LinearWeights.declare(block, "attn.out_proj", width, width),
                LayerNormWeights.declare(block, "norm_2", width),
                LinearWeights.declare(block, "mlp.fc1", config.mlpWidth(), width),
                LinearWeights.declare(block, "mlp.fc2", width, config.mlpWidth()));
    }

    /** The declared head of one modality. */
    record Head(LayerNormWeights norm, LinearWeights projection) {
        static Head declare(WeightLoader loader, String modality, int width, int outputWidth) {
            WeightLoader head = loader.at("modality_heads." + modality + ".");
            return new Head(
                    LayerNormWeights.declare(head, "0", width),
                    LinearWeights.declareWithoutBias(head, "2", outputWidth, width));
        }

        ModalityHead prepare(ParameterScope scope) {
            return new ModalityHead(
                    norm.prepare(scope, ImageBindConfig.LAYER_NORM_EPS), projection.prepare(scope, DType.F32));
        }
    }

    /** The declared tensors of the image encoder. */
    record Vision(
            Weight classToken,
            Weight stem,
            Weight positions,
            LayerNormWeights preNorm,
            List<BlockWeights> blocks,
            Head head) {
        static Vision declare(WeightLoader loader, VisionConfig config) {
            VitConfig vit = config.vit();
            int width = vit.width();
            int patch = vit.patchSize();
            WeightLoader trunk = loader.at("modality_trunks.vision.");
            return new Vision(
                    loader.tensor("modality_preprocessors.vision.cls_token", 1, 1, width),
                    loader.tensor(VISION_STEM, width, CHANNELS, FRAMES, patch, patch),
                    loader.tensor(VISION_POSITIONS, 1, vit.tokens(), width),
                    LayerNormWeights.declare(trunk, "pre_transformer_layer.0", width),
                    ImageBindKeys.blocks(trunk, vit.depth(), vit.block()),
                    Head.declare(loader, "vision", width, config.outputWidth()));
        }

        ImageBindVision prepare(ParameterScope scope, VisionConfig config, DType compute) {
            VitConfig vit = config.vit();
            VisionStem kernels = VisionStem.of(stem.floats(), vit.width(), CHANNELS, vit.patchSize());
            return new ImageBindVision(
                    config,
                    patchEmbed(scope, kernels.still(), vit),
                    patchEmbed(scope, kernels.first(), vit),
                    patchEmbed(scope, kernels.second(), vit),
                    new PositionTable(
                            scope,
                            positions.read(),
                            vit.gridSide(),
                            vit.gridSide(),
                            classToken.read(),
                            PositionResampling.IMAGEBIND),
                    preNorm.prepare(scope, ImageBindConfig.LAYER_NORM_EPS),
                    BlockWeights.prepareTrunk(scope, blocks, vit.block(), compute),
                    head.prepare(scope));
        }

        private static PatchEmbed patchEmbed(ParameterScope scope, float[] kernel, VitConfig vit) {
            int patch = vit.patchSize();
            Linear projection =
                    scope.linear(HostTensor.of(kernel, vit.width(), (long) CHANNELS * patch * patch), DType.F32);
            return new PatchEmbed(projection, CHANNELS, patch, patch);
        }
    }

    /**
     * The two-frame kernel taken apart: for the first frame, the second, and for a still image, which stands in both.
     * Each [D, channels * p * p].
     */
    record VisionStem(float[] still, float[] first, float[] second) {
        static VisionStem of(float[] kernel, int width, int channels, int patch) {
            int area = patch * patch;
            float[] still = new float[width * channels * area];
            float[] first = new float[still.length];
            float[] second = new float[still.length];
            for (int row = 0; row < width * channels; row++) {
                System.arraycopy(kernel, row * FRAMES * area, first, row * area, area);
                System.arraycopy(kernel, (row * FRAMES + 1) * area, second, row * area, area);
            }
            for (int i = 0; i < still.length; i++) {
                still[i] = first[i] + second[i];
            }
            return new VisionStem(still, first, second);
        }
    }

    /** The declared tensors of the audio encoder. */
    record Audio(
            Weight classToken,
            Weight stem,
            LayerNormWeights stemNorm,
            Weight positions,
            List<BlockWeights> blocks,
            Head head,
            Weight logLogitScale) {
        static Audio declare(WeightLoader loader, AudioConfig config) {
            int width = config.width();
            int kernel = config.kernel();
            return new Audio(
                    loader.tensor("modality_preprocessors.audio.cls_token", 1, 1, width),
                    loader.tensor(AUDIO_STEM, width, 1, kernel, kernel),
                    LayerNormWeights.declare(loader, "modality_preprocessors.audio.rgbt_stem.norm_layer", width),
                    loader.tensor(AUDIO_POSITIONS, 1, 1L + config.patches(), width),
                    ImageBindKeys.blocks(loader.at("modality_trunks.audio."), config.depth(), config.block()),
                    Head.declare(loader, "audio", width, config.outputWidth()),
                    loader.tensor(LOG_LOGIT_SCALE));
        }

        ImageBindAudio prepare(ParameterScope scope, AudioConfig config, DType compute) {
            long area = (long) config.kernel() * config.kernel();
            Linear projection = scope.linear(stem.read().reshape(config.width(), area), DType.F32);
            return new ImageBindAudio(
                    config,
                    new PatchEmbed(projection, 1, config.kernel(), config.stride()),
                    stemNorm.prepare(scope, STEM_EPS),
                    new PositionTable(
                            scope, positions.read(), config.patches(), 1, classToken.read(), PositionResampling.FIXED),
                    BlockWeights.prepareTrunk(scope, blocks, config.block(), compute),
                    head.prepare(scope),
                    logLogitScale.floats()[0]);
        }
    }
}
