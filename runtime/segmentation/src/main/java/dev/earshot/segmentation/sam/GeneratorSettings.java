package dev.earshot.segmentation.sam;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything that can be chosen about the mask generator; the defaults are those of segment-anything, tuned for its largest
 * model.
 *
 * @param pointsPerSide points along each side of the picture; not used where {@code pointGrids} are given
 * @param pointGrids explicit points instead, one grid for the picture and one for each layer of crops; or empty
 * @param pointsPerBatch points that are asked at once; changes memory, not results
 * @param multimask three masks per point, as published; else the one for unambiguous prompts
 * @param predictedIouThreshold the network's own estimate must be larger; not asked if at most 0
 * @param stabilityThreshold {@link MaskMeasure#stability} must be at least this; not asked if at most 0
 * @param stabilityOffset distance of the stability's two thresholds from that of the mask, in logits
 * @param maskThreshold logit above which a pixel is set
 * @param boxNmsThreshold overlap of boxes above which the worse of two masks of a crop goes
 * @param cropLayers layers of crops looked at besides the whole picture; layer l has 2^l a side
 * @param cropNmsThreshold overlap above which the mask from the larger of two crops goes
 * @param cropOverlapRatio overlap of neighbouring crops as a share of the shorter side, halved with every layer
 * @param cropPointsDownscale points per side are divided by this once for each layer
 * @param minRegionArea holes and islands of fewer pixels are removed; 0: none
 * @param jitter how far at most each point of the regular grid is moved at random, in cells along each axis, up to 0.5
 * @param jitterSeed of those moves; equal seeds, equal points, whatever the picture
 */
public record GeneratorSettings(
        int pointsPerSide,
        List<PointGrid> pointGrids,
        int pointsPerBatch,
        boolean multimask,
        float predictedIouThreshold,
        float stabilityThreshold,
        float stabilityOffset,
        float maskThreshold,
        double boxNmsThreshold,
        int cropLayers,
        double cropNmsThreshold,
        double cropOverlapRatio,
        int cropPointsDownscale,
        long minRegionArea,
        double jitter,
        long jitterSeed) {
    private static final int MOST_LAYERS = 6; // 4^6 crops in the last

    /** segment-anything's defaults. */
    public static final GeneratorSettings DEFAULT =
            new GeneratorSettings(32, List.of(), 64, true, 0.88f, 0.95f, 1, 0, 0.7, 0, 0.7, 512.0 / 1500, 1, 0, 0, 0);

    /** Checks every setting. */
    public GeneratorSettings {
        pointGrids = List.copyOf(pointGrids);
        require(pointsPerBatch >= 1, "points per batch", "at least 1", pointsPerBatch);
        require(predictedIouThreshold <= 1, "predicted IoU threshold", "at most 1", predictedIouThreshold);
        require(stabilityThreshold <= 1, "stability threshold", "at most 1", stabilityThreshold);
        require(
                stabilityOffset >= 0 && Float.isFinite(stabilityOffset),
                "stability offset",
                "at least 0",
                stabilityOffset);
        require(Float.isFinite(maskThreshold), "mask threshold", "a finite number", maskThreshold);
        require(boxNmsThreshold >= 0 && boxNmsThreshold <= 1, "box NMS threshold", "0 to 1", boxNmsThreshold);
        require(cropNmsThreshold >= 0 && cropNmsThreshold <= 1, "crop NMS threshold", "0 to 1", cropNmsThreshold);
        require(cropLayers >= 0 && cropLayers <= MOST_LAYERS, "crop layers", "0 to " + MOST_LAYERS, cropLayers);
        require(cropOverlapRatio >= 0 && cropOverlapRatio < 1, "crop overlap ratio", "[0, 1)", cropOverlapRatio);
        require(cropPointsDownscale >= 1, "crop points downscale", "at least 1", cropPointsDownscale);
        require(minRegionArea >= 0, "least region area", "at least 0", minRegionArea);
        require(jitter >= 0 && jitter <= 0.5, "jitter", "0 to 0.5 cells", jitter);
        if (pointGrids.isEmpty()) {
            require(pointsPerSide >= 1, "points per side", "at least 1", pointsPerSide);
            PointGrid.regular(pointsPerSide);
            int last = pointsPerSide(pointsPerSide, cropPointsDownscale, cropLayers);
            require(last >= 1, "points per side of the last crop layer", "at least 1", last);
        } else {
            require(pointGrids.size() == cropLayers + 1, "point grids", cropLayers + 1, pointGrids.size());
            require(jitter == 0, "jitter of explicit point grids", "0", jitter);
        }
    }

    private static void require(boolean holds, String what, Object expected, Object got) {
        if (!holds) {
            throw new IllegalArgumentException(
                    "mask generator, %s: expected %s, got %s".formatted(what, expected, got));
        }
    }

    private static int pointsPerSide(int first, int downscale, int layer) {
        return (int) (first / Math.pow(downscale, layer));
    }

    /** The points of a layer of crops; layer 0 is the whole picture. */
    public PointGrid grid(int layer) {
        if (!pointGrids.isEmpty()) {
            return pointGrids.get(layer);
        }
        int perSide = pointsPerSide(pointsPerSide, cropPointsDownscale, layer);
        return PointGrid.jittered(perSide, jitter, jitterSeed + layer);
    }

    /** The parts of a picture of the given size that are looked at. */
    public List<Crop> crops(int width, int height) {
        return Crop.of(width, height, cropLayers, cropOverlapRatio);
    }

    /** Names, as in segment-anything, and values of all settings, for result files. */
    public Map<String, String> describe() {
        Map<String, String> names = new LinkedHashMap<>();
        if (pointGrids.isEmpty()) {
            names.put("points_per_side", String.valueOf(pointsPerSide));
        } else {
            names.put("point_grids", pointGrids.toString());
        }
        names.put("points_per_batch", String.valueOf(pointsPerBatch));
        names.put("multimask_output", String.valueOf(multimask));
        names.put("pred_iou_thresh", String.valueOf(predictedIouThreshold));
        names.put("stability_score_thresh", String.valueOf(stabilityThreshold));
        names.put("stability_score_offset", String.valueOf(stabilityOffset));
        names.put("mask_threshold", String.valueOf(maskThreshold));
        names.put("box_nms_thresh", String.valueOf(boxNmsThreshold));
        names.put("crop_n_layers", String.valueOf(cropLayers));
        names.put("crop_nms_thresh", String.valueOf(cropNmsThreshold));
        names.put("crop_overlap_ratio", String.valueOf(cropOverlapRatio));
        names.put("crop_n_points_downscale_factor", String.valueOf(cropPointsDownscale));
        names.put("min_mask_region_area", String.valueOf(minRegionArea));
        names.put("point_jitter", String.valueOf(jitter));
        names.put("point_jitter_seed", String.valueOf(jitterSeed));
        return names;
    }

    /** A builder that starts from the defaults. */
    public static Builder builder() {
        return DEFAULT.toBuilder();
    }

    /** A builder that starts from these settings. */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /** Collects settings; checked by {@link #build()}. */
    public static final class Builder {
        private int pointsPerSide;
        private List<PointGrid> pointGrids;
        private int pointsPerBatch;
        private boolean multimask;
        private float predictedIouThreshold;
        private float stabilityThreshold;
        private float stabilityOffset;
        private float maskThreshold;
        private double boxNmsThreshold;
        private int cropLayers;
        private double cropNmsThreshold;
        private double cropOverlapRatio;
        private int cropPointsDownscale;
        private long minRegionArea;
        private double jitter;
        private long jitterSeed;

        private Builder(GeneratorSettings s) {
            pointsPerSide = s.pointsPerSide;
            pointGrids = s.pointGrids;
            pointsPerBatch = s.pointsPerBatch;
            multimask = s.multimask;
            predictedIouThreshold = s.predictedIouThreshold;
            stabilityThreshold = s.stabilityThreshold;
            stabilityOffset = s.stabilityOffset;
            maskThreshold = s.maskThreshold;
            boxNmsThreshold = s.boxNmsThreshold;
            cropLayers = s.cropLayers;
            cropNmsThreshold = s.cropNmsThreshold;
            cropOverlapRatio = s.cropOverlapRatio;
            cropPointsDownscale = s.cropPointsDownscale;
            minRegionArea = s.minRegionArea;
            jitter = s.jitter;
            jitterSeed = s.jitterSeed;
        }

        /** See {@link GeneratorSettings#pointsPerSide}. */
        public Builder pointsPerSide(int value) {
            pointsPerSide = value;
            return this;
        }

        /** See {@link GeneratorSettings#pointGrids}. */
        public Builder pointGrids(List<PointGrid> value) {
            pointGrids = value;
            return this;
        }

        /** See {@link GeneratorSettings#pointsPerBatch}. */
        public Builder pointsPerBatch(int value) {
            pointsPerBatch = value;
            return this;
        }

        /** See {@link GeneratorSettings#multimask}. */
        public Builder multimask(boolean value) {
            multimask = value;
            return this;
        }

        /** See {@link GeneratorSettings#predictedIouThreshold}. */
        public Builder predictedIouThreshold(float value) {
            predictedIouThreshold = value;
            return this;
        }

        /** See {@link GeneratorSettings#stabilityThreshold}. */
        public Builder stabilityThreshold(float value) {
            stabilityThreshold = value;
            return this;
        }

        /** See {@link GeneratorSettings#stabilityOffset}. */
        public Builder stabilityOffset(float value) {
            stabilityOffset = value;
            return this;
        }

        /** See {@link GeneratorSettings#maskThreshold}. */
        public Builder maskThreshold(float value) {
            maskThreshold = value;
            return this;
        }

        /** See {@link GeneratorSettings#boxNmsThreshold}. */
        public Builder boxNmsThreshold(double value) {
            boxNmsThreshold = value;
            return this;
        }

        /** See {@link GeneratorSettings#cropLayers}. */
        public Builder cropLayers(int value) {
            cropLayers = value;
            return this;
        }

        /** See {@link GeneratorSettings#cropNmsThreshold}. */
        public Builder cropNmsThreshold(double value) {
            cropNmsThreshold = value;
            return this;
        }

        /** See {@link GeneratorSettings#cropOverlapRatio}. */
        public Builder cropOverlapRatio(double value) {
            cropOverlapRatio = value;
            return this;
        }

        /** See {@link GeneratorSettings#cropPointsDownscale}. */
        public Builder cropPointsDownscale(int value) {
            cropPointsDownscale = value;
            return this;
        }

        /** See {@link GeneratorSettings#minRegionArea}. */
        public Builder minRegionArea(long value) {
            minRegionArea = value;
            return this;
        }

        /** See {@link GeneratorSettings#jitter}. */
        public Builder jitter(double value) {
            jitter = value;
            return this;
        }

        /** See {@link GeneratorSettings#jitterSeed}. */
        public Builder jitterSeed(long value) {
            jitterSeed = value;
            return this;
        }

        /**
         * The settings.
         *
         * @throws IllegalArgumentException if one is out of range
         */
        public GeneratorSettings build() {
            return new GeneratorSettings(
                    pointsPerSide,
                    pointGrids,
                    pointsPerBatch,
                    multimask,
                    predictedIouThreshold,
                    stabilityThreshold,
                    stabilityOffset,
                    maskThreshold,
                    boxNmsThreshold,
                    cropLayers,
                    cropNmsThreshold,
                    cropOverlapRatio,
                    cropPointsDownscale,
                    minRegionArea,
                    jitter,
                    jitterSeed);
        }
    }
}
