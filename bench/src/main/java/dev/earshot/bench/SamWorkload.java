package dev.earshot.bench;

import dev.earshot.models.Filler;
import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.models.sam.SamVariant;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Segment Anything with filler weights: the image encoder, a batch of point prompts decoded, or all points of the mask
 * generator's grid decoded and their masks measured at the picture's size, as the generator does before it filters.
 */
final class SamWorkload implements Workload {
    private static final int GENERATOR_SIDE = 32;
    private static final int PROMPTS = 64;

    /** Masks of 64 prompts fit one pass. */
    private static final long PASS_BYTES = 4L << 30;

    private static final int MEASURES = 7;

    private final Backend backend;
    private final Sam sam;
    private final SamConfig config;
    private final Runnable pass;
    private final Workspace memory;
    private SamEmbedding embedding;
    private float[] result = {};

    /**
     * Loads the model.
     *
     * @param model {@code sam-vit-b}, {@code sam-vit-h}, {@code sam-decoder} or {@code sam-generator}; the last two as ViT-B
     * @param small a grid of 8 x 8 and one block, to try it on a slow device
     */
    SamWorkload(String backendName, String model, boolean small, DType compute) {
        backend = Backends.open(backendName);
        config = config(model.equals("sam-vit-h") ? SamVariant.VIT_H : SamVariant.VIT_B, small);
        SamOptions options = SamOptions.DEFAULT.withCompute(compute).withPassBytes(PASS_BYTES);
        sam = Sam.load(backend, Sam.filler(config), config, options);
        memory = backend.workspace(1 << 20);
        HostTensor image = Filler.tensor(
                "input.image", 1, 3, config.grid().imageHeight(), config.grid().imageWidth());
        embedding = sam.embed(image);
        int side = small ? 2 : GENERATOR_SIDE;
        this.pass = switch (model) {
            case "sam-vit-b", "sam-vit-h" -> () -> embed(image);
            case "sam-decoder" -> () -> decode(points(small ? 2 : PROMPTS, 1));
            case "sam-generator" -> () -> measure(points(side, side));
            default ->
                throw new IllegalArgumentException(
                        "model: expected sam-vit-b, sam-vit-h, sam-decoder or sam-generator, got " + model);
        };
    }

    private static SamConfig config(SamVariant variant, boolean small) {
        SamConfig full = variant.config(false);
        if (!small) {
            return full;
        }
        SamConfig.Encoder e = full.encoder();
        SamConfig.Encoder encoder =
                new SamConfig.Encoder(e.width(), 1, e.heads(), e.mlpWidth(), e.window(), List.of(0), e.outputWidth());
        return new SamConfig(new SamGrid(8, 8, full.grid().patchSize()), encoder, full.decoder(), false);
    }

    /** Evenly spread over the frame. */
    private SamPrompts points(int columns, int rows) {
        float[] points = new float[2 * columns * rows];
        for (int i = 0; i < columns * rows; i++) {
            points[2 * i] = config.grid().imageWidth() * (i % columns + 0.5f) / columns;
            points[2 * i + 1] = config.grid().imageHeight() * (i / columns + 0.5f) / rows;
        }
        return SamPrompts.ofPoints(points);
    }

    private void embed(HostTensor image) {
        embedding.close();
        embedding = sam.embed(image);
        backend.synchronize();
    }

    /** Predicted IoUs come to the host, masks stay. */
    private void decode(SamPrompts prompts) {
        sam.decode(embedding, prompts, true, (first, logits, iou) -> result = iou);
    }

    private void measure(SamPrompts prompts) {
        int height = config.grid().imageHeight();
        int width = config.grid().imageWidth();
        MaskResize resize = new MaskResize(height, width, height, width, height, width);
        sam.decode(embedding, prompts, true, (first, logits, iou) -> {
            try (Workspace.Frame _ = memory.frame()) {
                long masks = logits.dim(0) * logits.dim(1);
                Tensor measures = memory.allocate(DType.I32, masks, MEASURES);
                backend.measureMasks(logits.reshape(masks, logits.dim(2), logits.dim(3)), resize, 0, 1, measures);
                backend.downloadIntegers(measures);
                result = iou;
            }
        });
    }

    @Override
    public void run() {
        pass.run();
    }

    /** Predicted IoUs of the last pass, or the embedding. */
    @Override
    public float[] output() {
        return result.length > 0 ? result : backend.download(embedding.tokens());
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("backend", backend.info().name());
        facts.put("libraries", String.join(" ", backend.info().libraries()));
        facts.put("java", System.getProperty("java.version"));
        return facts;
    }

    @Override
    public void close() {
        embedding.close();
        memory.close();
        sam.close();
        backend.close();
    }
}
