package dev.earshot.tools;

import dev.earshot.segmentation.sam.GeneratorSettings;
import java.util.List;
import picocli.CommandLine.Option;

/** The settings of SAM's automatic mask generator, named as in segment-anything; what is not given keeps its default. */
final class GeneratorOptions {
    @Option(names = "--points-per-side", paramLabel = "N", description = "Points along each side of the picture; 32.")
    private Integer pointsPerSide;

    @Option(
            names = "--points-per-batch",
            paramLabel = "N",
            description = "Points asked at once: memory, not results; 64.")
    private Integer pointsPerBatch;

    @Option(
            names = "--pred-iou-thresh",
            paramLabel = "X",
            description =
                    "A mask is dropped unless the network expects a larger IoU; 0.88 (demo weights: lower), at most 0: not "
                            + "asked.")
    private Float predictedIou;

    @Option(
            names = "--stability-score-thresh",
            paramLabel = "X",
            description = "Least IoU of the masks at a strict and at a loose threshold; 0.95 (demo weights: lower), "
                    + "at most 0: not asked.")
    private Float stability;

    @Option(
            names = "--stability-score-offset",
            paramLabel = "X",
            description = "Distance of those thresholds from the mask's, in logits; 1.")
    private Float stabilityOffset;

    @Option(
            names = "--mask-threshold",
            paramLabel = "X",
            description = "Logit above which a pixel belongs to a mask; 0.")
    private Float maskThreshold;

    @Option(
            names = "--box-nms-thresh",
            paramLabel = "X",
            description = "Of two masks whose boxes overlap more, the worse goes; 0.7, for sam-bind 0.5.")
    private Double boxNms;

    @Option(
            names = "--crop-n-layers",
            paramLabel = "N",
            description = "Layers of crops that are looked at besides the whole picture, 2^layer a side; 0.")
    private Integer cropLayers;

    @Option(
            names = "--crop-nms-thresh",
            paramLabel = "X",
            description = "The same between crops, where the smaller crop wins; 0.7, for sam-bind 0.5.")
    private Double cropNms;

    @Option(
            names = "--crop-overlap-ratio",
            paramLabel = "X",
            description = "Overlap of crops as a share of the shorter side; 0.3413.")
    private Double cropOverlap;

    @Option(
            names = "--crop-n-points-downscale-factor",
            paramLabel = "N",
            description = "Points per side are divided by this for each layer of crops; 1.")
    private Integer cropDownscale;

    @Option(
            names = "--min-mask-region-area",
            paramLabel = "N",
            description = "Holes and islands of fewer pixels are removed; 0: none.")
    private Long minRegion;

    @Option(
            names = "--single-mask",
            description = "One mask per point, the one for unambiguous prompts, instead of three.")
    private boolean singleMask;

    @Option(
            names = "--point-jitter",
            paramLabel = "X",
            description = "How far points are moved at random, in cells of the grid: 0 to 0.5; 0.")
    private Double jitter;

    @Option(names = "--point-seed", paramLabel = "N", description = "Seed of those moves; 0.")
    private Long jitterSeed;

    /**
     * The settings.
     *
     * @param defaults of what is not given
     * @throws IllegalArgumentException if one is out of range
     */
    GeneratorSettings settings(GeneratorSettings defaults) {
        GeneratorSettings d = defaults;
        return new GeneratorSettings(
                or(pointsPerSide, d.pointsPerSide()),
                pointsPerSide == null ? d.pointGrids() : List.of(),
                or(pointsPerBatch, d.pointsPerBatch()),
                !singleMask && d.multimask(),
                or(predictedIou, d.predictedIouThreshold()),
                or(stability, d.stabilityThreshold()),
                or(stabilityOffset, d.stabilityOffset()),
                or(maskThreshold, d.maskThreshold()),
                or(boxNms, d.boxNmsThreshold()),
                or(cropLayers, d.cropLayers()),
                or(cropNms, d.cropNmsThreshold()),
                or(cropOverlap, d.cropOverlapRatio()),
                or(cropDownscale, d.cropPointsDownscale()),
                or(minRegion, d.minRegionArea()),
                or(jitter, d.jitter()),
                or(jitterSeed, d.jitterSeed()));
    }

    private static <T> T or(T given, T otherwise) {
        return given == null ? otherwise : given;
    }
}
