package dev.earshot.bench.peers;

import dev.earshot.models.adaav.AdaAvAdapters;
import dev.earshot.models.adaav.AdaptedImageBind;
import dev.earshot.models.adaav.FeatureNorm;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindAudio;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.ImageBindVision;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamImageEncoder;
import dev.earshot.models.sam.SamVariant;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The table of networks with filler weights that peers run too; bench/peers/models.py, trunks.py and sam.py are its twins. */
final class Networks {
    /** DINO's and ImageBind's image trunk: image to all tokens. */
    static final List<String> IMAGES = List.of("dino-vitb16", "dino-vits8", "imagebind-image");
    /** ImageBind's audio trunk: log-mel clip to all tokens. */
    static final String AUDIO = "imagebind-audio";
    /** Both trunks of ImageBind with adapters between them: a frame and its sound to the features that MoCA clusters. */
    static final String ADAPTED = "imagebind-adapted";

    static final String SAM = "sam-vit-";

    private static final int SIDE = ImageWorkloads.SIDE;
    private static final Network.Input CLIP = new Network.Input("input.sound", 1, 128, 204);
    private static final Map<String, DinoVariant> DINO =
            Map.of("dino-vitb16", DinoVariant.VIT_BASE_16, "dino-vits8", DinoVariant.VIT_SMALL_8);

    private Networks() {}

    static boolean has(String model) {
        return IMAGES.contains(model) || model.equals(AUDIO) || model.equals(ADAPTED) || model.startsWith(SAM);
    }

    /**
     * Loads one.
     *
     * @param blocks only that many of its blocks, of either trunk; 0: all
     */
    static Network open(String backendName, String model, int blocks, DType compute) {
        if (!has(model)) {
            throw new IllegalArgumentException("model: expected one of %s, %s, %s, %sb|l|h, got %s"
                    .formatted(String.join(", ", IMAGES), AUDIO, ADAPTED, SAM, model));
        }
        if (model.startsWith(SAM)) {
            return sam(backendName, published(model), blocks, compute);
        }
        Backend backend = Backends.open(backendName);
        if (DINO.containsKey(model)) {
            return dino(backend, DINO.get(model), blocks, compute);
        }
        ImageBindConfig config = withDepth(blocks);
        return switch (model) {
            case AUDIO -> audio(backend, config, compute);
            case ADAPTED -> adapted(backend, config, compute);
            default -> image(backend, config, compute);
        };
    }

    /** The same with one block, SAM on a grid of 8 x 8, for a slow device. */
    static Network small(String backendName, String model, DType compute) {
        if (!model.startsWith(SAM)) {
            return open(backendName, model, 1, compute);
        }
        SamConfig whole = published(model);
        SamGrid grid = new SamGrid(8, 8, whole.grid().patchSize());
        return sam(backendName, new SamConfig(grid, whole.encoder(), whole.decoder(), false), 1, compute);
    }

    /** ImageBind-Huge with only the first blocks of either trunk, at most as many as it has; 0: all. */
    static ImageBindConfig withDepth(int blocks) {
        ImageBindConfig c = ImageBindConfig.HUGE;
        return blocks == 0 ? c : c.withDepths(blocks, Math.min(blocks, c.audio().depth()));
    }

    private static Network dino(Backend backend, DinoVariant variant, int blocks, DType compute) {
        DinoConfig whole = variant.config(DinoKeyForm.ORIGINAL);
        int depth = blocks == 0 ? whole.vit().depth() : blocks;
        DinoConfig config = new DinoConfig(whole.vit().withDepth(depth), whole.resampling());
        Dino dino = Dino.load(backend, Dino.filler(config, DinoKeyForm.ORIGINAL), config, compute);
        return new Network(
                backend,
                dino,
                depth,
                List.of(Network.Input.image(SIDE, SIDE)),
                (b, ws, inputs) -> dino.forward(b, ws, inputs.getFirst()));
    }

    private static Network image(Backend backend, ImageBindConfig config, DType compute) {
        ParameterScope scope = backend.parameters();
        ImageBindVision vision = ImageBindVision.load(scope, ImageBind.filler(config), config.vision(), compute);
        return new Network(
                backend,
                scope,
                config.vision().vit().depth(),
                List.of(Network.Input.image(SIDE, SIDE)),
                (b, ws, inputs) -> vision.encode(b, ws, inputs.getFirst(), BlockHook.NONE));
    }

    private static Network audio(Backend backend, ImageBindConfig config, DType compute) {
        ParameterScope scope = backend.parameters();
        ImageBindAudio audio = ImageBindAudio.load(scope, ImageBind.filler(config), config.audio(), compute);
        return new Network(
                backend,
                scope,
                config.audio().depth(),
                List.of(CLIP),
                (b, ws, inputs) -> audio.encode(b, ws, inputs.getFirst(), BlockHook.NONE));
    }

    private static Network adapted(Backend backend, ImageBindConfig config, DType compute) {
        ImageBind model = ImageBind.load(backend, ImageBind.filler(config), config, compute);
        AdaAvAdapters adapters = AdaAvAdapters.load(backend, FillerAdapters.on(config), config);
        AdaptedImageBind moca = new AdaptedImageBind(model, adapters);
        AutoCloseable weights = () -> {
            adapters.close();
            model.close();
        };
        return new Network(
                backend,
                weights,
                config.vision().vit().depth(),
                List.of(Network.Input.image(SIDE, SIDE), CLIP),
                (b, ws, inputs) -> moca.features(
                        b, ws, moca.encode(b, ws, inputs.get(0), moca.hear(b, ws, inputs.get(1))), FeatureNorm.HEAD));
    }

    private static SamConfig published(String model) {
        return SamVariant.valueOf("VIT_" + model.substring(SAM.length()).toUpperCase(Locale.ROOT))
                .config(false);
    }

    private static Network sam(String backendName, SamConfig whole, int blocks, DType compute) {
        SamGrid grid = whole.grid();
        SamConfig.Encoder config =
                blocks == 0 ? whole.encoder() : whole.encoder().withDepth(blocks);
        Backend backend = Backends.open(backendName);
        ParameterScope scope = backend.parameters();
        SamImageEncoder encoder =
                SamImageEncoder.load(scope, SamImageEncoder.filler(grid, config), grid, config, compute);
        return new Network(
                backend,
                scope,
                encoder.blocks().size(),
                List.of(Network.Input.image(grid.imageHeight(), grid.imageWidth())),
                (b, ws, inputs) -> encoder.embed(b, ws, inputs.getFirst()));
    }
}
