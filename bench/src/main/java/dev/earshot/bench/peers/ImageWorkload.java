package dev.earshot.bench.peers;

import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.ImageBindVision;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;

/** A captured forward pass of an image transformer with filler weights: image in the workspace, all tokens out. */
public final class ImageWorkload implements Workload {
    static final int SIDE = 224;

    private final Backend backend;
    private final Workspace workspace;
    private final AutoCloseable weights;
    private final Program program;
    private final int blocks;
    private final WorkCounter work = new WorkCounter();
    private Tensor tokens;

    /**
     * Loads a model and captures its pass.
     *
     * @param model {@code dino-vitb16} or {@code imagebind-image}
     * @param blocks only that many of its blocks; 0: all
     */
    public ImageWorkload(String backendName, String model, int batch, int blocks, DType compute) {
        backend = Backends.open(backendName);
        workspace = backend.workspace(64L << 20);
        Tensor image = backend.upload(workspace, Filler.tensor("input.image", batch, 3, SIDE, SIDE), DType.F32);
        BiFunction<Backend, Workspace, Tensor> forward;
        switch (model) {
            case "dino-vitb16" -> {
                DinoConfig config = withDepth(DinoVariant.VIT_BASE_16.config(DinoKeyForm.ORIGINAL), blocks);
                Dino dino = Dino.load(backend, Dino.filler(config, DinoKeyForm.ORIGINAL), config, compute);
                this.weights = dino;
                this.blocks = config.vit().depth();
                forward = (b, ws) -> dino.forward(b, ws, image);
            }
            case "imagebind-image" -> {
                VitConfig vit = withDepth(ImageBindConfig.HUGE.vision().vit(), blocks);
                VisionConfig config =
                        new VisionConfig(vit, ImageBindConfig.HUGE.vision().outputWidth());
                ParameterScope scope = backend.parameters();
                ImageBindVision vision = ImageBindVision.load(
                        scope,
                        ImageBind.filler(new ImageBindConfig(config, ImageBindConfig.HUGE.audio())),
                        config,
                        compute);
                this.weights = scope;
                this.blocks = vit.depth();
                forward = (b, ws) -> vision.encode(b, ws, image, BlockHook.NONE);
            }
            default ->
                throw new IllegalArgumentException("model: expected dino-vitb16 or imagebind-image, got " + model);
        }
        program = backend.capture(work.counting(b -> tokens = forward.apply(b, workspace)));
    }

    private static DinoConfig withDepth(DinoConfig config, int blocks) {
        return new DinoConfig(withDepth(config.vit(), blocks), config.resampling());
    }

    private static VitConfig withDepth(VitConfig v, int blocks) {
        return blocks == 0
                ? v
                : new VitConfig(
                        v.imageSize(), v.patchSize(), v.width(), blocks, v.heads(), v.mlpWidth(), v.layerNormEps());
    }

    @Override
    public void run() {
        program.run();
        backend.synchronize();
    }

    @Override
    public float[] output() {
        return backend.download(tokens);
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("backend", backend.info().name());
        facts.put("libraries", String.join(" ", backend.info().libraries()));
        facts.put("java", System.getProperty("java.version"));
        facts.put("blocks", blocks);
        work.total().addTo(facts);
        return facts;
    }

    @Override
    public void close() {
        program.close();
        try {
            weights.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing the weights", e);
        }
        workspace.close();
        backend.close();
    }
}
