package dev.earshot.bench.peers;

import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.ImageBindVision;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;

/** Image transformers with filler weights that peers run too: image in the workspace, all tokens out. */
public final class ImageWorkloads {
    static final int SIDE = 224;

    private ImageWorkloads() {}

    /**
     * Loads a model and captures its pass.
     *
     * @param model {@code dino-vitb16} or {@code imagebind-image}
     * @param blocks only that many of its blocks; 0: all
     */
    public static Workload open(String backendName, String model, int batch, int blocks, DType compute) {
        return switch (model) {
            case "dino-vitb16" -> dino(Backends.open(backendName), batch, blocks, compute);
            case "imagebind-image" -> imageBind(Backends.open(backendName), batch, blocks, compute);
            default ->
                throw new IllegalArgumentException("model: expected dino-vitb16 or imagebind-image, got " + model);
        };
    }

    private static Workload dino(Backend backend, int batch, int blocks, DType compute) {
        DinoConfig whole = DinoVariant.VIT_BASE_16.config(DinoKeyForm.ORIGINAL);
        int depth = blocks == 0 ? whole.vit().depth() : blocks;
        DinoConfig config = new DinoConfig(whole.vit().withDepth(depth), whole.resampling());
        Dino dino = Dino.load(backend, Dino.filler(config, DinoKeyForm.ORIGINAL), config, compute);
        return new PassWorkload(backend, dino, depth, batch, SIDE, dino::forward);
    }

    private static Workload imageBind(Backend backend, int batch, int blocks, DType compute) {
        ImageBindConfig whole = ImageBindConfig.HUGE;
        int depth = blocks == 0 ? whole.vision().vit().depth() : blocks;
        ImageBindConfig config = whole.withDepths(depth, whole.audio().depth());
        ParameterScope scope = backend.parameters();
        ImageBindVision vision = ImageBindVision.load(scope, ImageBind.filler(config), config.vision(), compute);
        return new PassWorkload(
                backend, scope, depth, batch, SIDE, (b, ws, image) -> vision.encode(b, ws, image, BlockHook.NONE));
    }
}
