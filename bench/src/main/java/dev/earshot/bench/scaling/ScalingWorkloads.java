package dev.earshot.bench.scaling;

import dev.earshot.bench.peers.ImageWorkloads;
import dev.earshot.bench.peers.NeighbourWorkload;
import dev.earshot.bench.peers.PassWorkload;
import dev.earshot.bench.peers.Workload;
import dev.earshot.models.dino.Dino;
import dev.earshot.models.dino.DinoConfig;
import dev.earshot.models.dino.DinoKeyForm;
import dev.earshot.models.dino.DinoVariant;
import dev.earshot.models.imagebind.AudioConfig;
import dev.earshot.models.imagebind.ImageBind;
import dev.earshot.models.imagebind.ImageBindConfig;
import dev.earshot.models.imagebind.ImageBindVision;
import dev.earshot.models.imagebind.VisionConfig;
import dev.earshot.models.sam.SamConfig;
import dev.earshot.models.sam.SamGrid;
import dev.earshot.models.sam.SamImageEncoder;
import dev.earshot.models.sam.SamVariant;
import dev.earshot.models.vit.BlockHook;
import dev.earshot.models.vit.VitConfig;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.ParameterScope;

/** Workloads by name, each with one size that grows. Weights are filler. */
final class ScalingWorkloads {
    /** DINO ViT-B/16, 224 x 224; the size is the batch. */
    static final String VIT_B16 = "vit-b16";

    /** The image trunk of the demo weights, 4 blocks of 128 channels, 224 x 224; the size is the batch. */
    static final String IMAGEBIND_DEMO = "imagebind-demo";

    /** DINO ViT-S/16 on one image; the size is its side in pixels. */
    static final String DINO_SIDE = "dino-side";

    /** The first three blocks of SAM's ViT-B encoder, one of them global; the size is the image's side in pixels. */
    static final String SAM_SIDE = "sam-side";

    /** The seven nearest neighbours of every row of a table of 384 columns; the size is its rows. */
    static final String NEIGHBOURS = "neighbours";

    private static final int SAM_BLOCKS = 3;
    private static final int SIDE = 224;
    private static final ImageBindConfig DEMO = new ImageBindConfig(
            new VisionConfig(new VitConfig(SIDE, 14, 128, 4, 4, 512, ImageBindConfig.LAYER_NORM_EPS), 64),
            new AudioConfig(16, AudioConfig.STRIDE, 228, 96, 4, 3, 384, 64));

    private ScalingWorkloads() {}

    /** Loads one. */
    static Workload open(String name, int size, String backend) {
        return switch (name) {
            case VIT_B16 -> ImageWorkloads.open(backend, "dino-vitb16", size, 0, DType.F32);
            case IMAGEBIND_DEMO -> demoTrunk(Backends.open(backend), size);
            case DINO_SIDE -> dino(Backends.open(backend), size);
            case SAM_SIDE -> sam(Backends.open(backend), size);
            case NEIGHBOURS -> new NeighbourWorkload(backend, size);
            default -> throw new IllegalArgumentException("workload: expected a name of this class, got " + name);
        };
    }

    private static Workload demoTrunk(Backend backend, int batch) {
        ParameterScope scope = backend.parameters();
        ImageBindVision vision = ImageBindVision.load(scope, ImageBind.filler(DEMO), DEMO.vision(), DType.F32);
        return new PassWorkload(
                backend,
                scope,
                DEMO.vision().vit().depth(),
                batch,
                SIDE,
                (b, ws, image) -> vision.encode(b, ws, image, BlockHook.NONE));
    }

    private static Workload dino(Backend backend, int side) {
        DinoConfig config = DinoVariant.VIT_SMALL_16.config(DinoKeyForm.ORIGINAL);
        Dino dino = Dino.load(backend, Dino.filler(config, DinoKeyForm.ORIGINAL), config, DType.F32);
        return new PassWorkload(backend, dino, config.vit().depth(), 1, side, dino::forward);
    }

    private static Workload sam(Backend backend, int side) {
        SamConfig whole = SamVariant.VIT_B.config(false);
        SamConfig.Encoder first = whole.encoder().withDepth(SAM_BLOCKS);
        int patch = whole.grid().patchSize();
        SamGrid grid = new SamGrid(side / patch, side / patch, patch);
        ParameterScope scope = backend.parameters();
        SamImageEncoder encoder =
                SamImageEncoder.load(scope, SamImageEncoder.filler(grid, first), grid, first, DType.F32);
        return new PassWorkload(backend, scope, SAM_BLOCKS, 1, side, encoder::embed);
    }
}
