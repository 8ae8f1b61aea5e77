package dev.earshot.bench.peers;

import dev.earshot.bench.result.ResidentMemory;
import dev.earshot.bench.work.Work;
import dev.earshot.bench.work.WorkCounter;
import dev.earshot.models.Filler;
import dev.earshot.models.sam.Sam;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamDecoder;
import dev.earshot.models.sam.SamEmbedding;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamOptions;
import dev.earshot.models.sam.SamPrompts;
import dev.earshot.models.sam.SamSink;
import dev.earshot.models.sam.SamVariant;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.sam.AutomaticMaskGenerator;
import dev.earshot.segmentation.sam.GeneratedMask;
import dev.earshot.segmentation.sam.GeneratorSettings;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Workspace;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Segment Anything behind its image encoder, with filler weights: {@code sam-decoder} a batch of points against one embedding,
 * {@code sam-generator-b|l|h} the masks of a picture, whose batch is points per side. bench/peers/sam*.py make
 * the same models and inputs.
 */
final class SamPeerWorkload implements Workload {
    static final String PREFIX = "sam-";

    private static final String GENERATOR = "sam-generator-";

    private final Backend backend;
    private final Part part;
    private final WorkCounter work = new WorkCounter();
    private Work ofRun = Work.NONE;

    /** One of the two. */
    private interface Part extends AutoCloseable {
        void run();

        float[] output();

        @Override
        void close();
    }

    /** {@code blocks}: only that many of the encoder's blocks; 0: all. */
    SamPeerWorkload(String backendName, String model, int batch, int blocks, DType compute) {
        this(backendName, model, batch, compute, whole -> firstBlocks(whole, blocks));
    }

    private SamPeerWorkload(
            String backendName, String model, int batch, DType compute, UnaryOperator<SamConfig> change) {
        backend = work.over(Backends.open(backendName));
        if (model.startsWith(GENERATOR)) {
            part = new Generator(backend, change.apply(published(model)), batch, compute);
        } else {
            part = new Decoder(backend, change.apply(SamVariant.VIT_B.config(false)), batch, compute);
        }
    }

    /** The same with one block on a grid of 8 x 8, for a slow device. */
    static SamPeerWorkload small(String backendName, String model, int batch, DType compute) {
        return new SamPeerWorkload(backendName, model, batch, compute, whole -> {
            SamConfig first = firstBlocks(whole, 1);
            SamGrid grid = new SamGrid(8, 8, whole.grid().patchSize());
            return new SamConfig(grid, first.encoder(), first.decoder(), false);
        });
    }

    private static SamConfig published(String model) {
        String letter = model.substring(GENERATOR.length()).toUpperCase(Locale.ROOT);
        return SamVariant.valueOf("VIT_" + letter).config(false);
    }

    private static SamConfig firstBlocks(SamConfig whole, int blocks) {
        if (blocks == 0) {
            return whole;
        }
        SamConfig.Encoder first = whole.encoder().withDepth(blocks);
        return new SamConfig(whole.grid(), first, whole.decoder(), false);
    }

    /** Points against an embedding; masks stay where the pass has them, as on the other side. */
    private static final class Decoder implements Part {
        private final Backend backend;
        private final Workspace workspace;
        private final SamDecoder decoder;
        private final SamEmbedding embedding;
        private final SamPrompts prompts;
        private final int pixels; // of a mask

        Decoder(Backend backend, SamConfig config, int count, DType compute) {
            this.backend = backend;
            this.pixels = 16 * config.grid().tokens();
            decoder = SamDecoder.load(
                    backend,
                    SamDecoder.filler(config.decoder()),
                    config.grid(),
                    config.decoder(),
                    SamOptions.DEFAULT.withCompute(compute));
            workspace = backend.workspace(0);
            int tokens = config.grid().tokens();
            HostTensor image =
                    Filler.tensor("input.embedding", 1, tokens, config.decoder().width());
            embedding = decoder.embedding(backend.upload(workspace, image, DType.F32), Optional.empty());
            float[] points = Filler.tensor("input.points", count, 2).toFloats();
            for (int i = 0; i < points.length; i++) {
                points[i] = config.grid().imageWidth() / 2f + 280 * points[i];
            }
            prompts = SamPrompts.ofPoints(points);
        }

        @Override
        public void run() {
            decoder.decode(embedding, prompts, true, (first, logits, iou) -> {});
            backend.synchronize();
        }

        @Override
        public float[] output() {
            int masks = 3 * prompts.count();
            float[] all = new float[masks * (pixels + 1)];
            SamSink copy = (first, logits, iou) -> {
                float[] values = backend.download(logits);
                System.arraycopy(values, 0, all, 3 * first * pixels, values.length);
                System.arraycopy(iou, 0, all, masks * pixels + 3 * first, iou.length);
            };
            decoder.decode(embedding, prompts, true, copy);
            return all;
        }

        @Override
        public void close() {
            embedding.close();
            decoder.close();
            workspace.close();
        }
    }

    /** The masks of a picture, none filtered before boxes are compared: every candidate is measured. */
    private static final class Generator implements Part {
        private final Sam sam;
        private final AutomaticMaskGenerator generator;
        private final RgbImage picture;
        private List<GeneratedMask> masks = List.of();

        Generator(Backend backend, SamConfig config, int pointsPerSide, DType compute) {
            sam = Sam.load(backend, Sam.filler(config), config, SamOptions.DEFAULT.withCompute(compute));
            GeneratorSettings settings = GeneratorSettings.builder()
                    .pointsPerSide(pointsPerSide)
                    .predictedIouThreshold(0)
                    .stabilityThreshold(0)
                    .build();
            generator = new AutomaticMaskGenerator(backend, sam, settings);
            int side = config.grid().imageWidth();
            float[] values = Filler.tensor("input.picture", side, side, 3).toFloats();
            byte[] rgb = new byte[values.length];
            for (int i = 0; i < rgb.length; i++) {
                rgb[i] = (byte) Math.clamp(values[i] * 40 + 128, 0, 255);
            }
            picture = new RgbImage(side, side, rgb);
        }

        @Override
        public void run() {
            masks = generator.generate(picture);
        }

        /** The boxes. */
        @Override
        public float[] output() {
            float[] boxes = new float[4 * masks.size()];
            for (int i = 0; i < masks.size(); i++) {
                boxes[4 * i] = masks.get(i).box().left();
                boxes[4 * i + 1] = masks.get(i).box().top();
                boxes[4 * i + 2] = masks.get(i).box().right();
                boxes[4 * i + 3] = masks.get(i).box().bottom();
            }
            return boxes;
        }

        @Override
        public void close() {
            generator.close();
            sam.close();
        }
    }

    @Override
    public void run() {
        Work before = work.total();
        part.run();
        ofRun = work.total().minus(before);
    }

    @Override
    public float[] output() {
        return part.output();
    }

    @Override
    public Map<String, Object> facts() {
        Map<String, Object> facts = Workload.settings(backend);
        ofRun.addTo(facts);
        facts.put("peak_mb", ResidentMemory.ownPeakMegabytes());
        return facts;
    }

    @Override
    public void close() {
        part.close();
        backend.close();
    }
}
