package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.PixelBox;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GeneratorSettingsTest {
    private static GeneratorSettings with(UnaryOperator<GeneratorSettings.Builder> change) {
        return change.apply(GeneratorSettings.builder()).build();
    }

    private static void assertRefused(String what, UnaryOperator<GeneratorSettings.Builder> change) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> with(change));
        assertTrue(e.getMessage().contains(what) && e.getMessage().contains("got"), e.getMessage());
    }

    @Test
    void defaultsAreThePublishedOnes() {
        assertEquals(
                "{points_per_side=32, points_per_batch=64, multimask_output=true, pred_iou_thresh=0.88, "
                        + "stability_score_thresh=0.95, stability_score_offset=1.0, mask_threshold=0.0, box_nms_thresh=0.7, "
                        + "crop_n_layers=0, crop_nms_thresh=0.7, crop_overlap_ratio=0.3413333333333333, "
                        + "crop_n_points_downscale_factor=1, min_mask_region_area=0, point_jitter=0.0, point_jitter_seed=0}",
                GeneratorSettings.DEFAULT.describe().toString());
        assertEquals(GeneratorSettings.DEFAULT, GeneratorSettings.builder().build());
    }

    @Test
    void settingsOutOfRangeAreRefusedByName() {
        assertRefused("points per side", b -> b.pointsPerSide(0));
        assertRefused("points per side", b -> b.pointsPerSide(-3));
        assertRefused("point grid", b -> b.pointsPerSide(5000));
        assertRefused("points per batch", b -> b.pointsPerBatch(0));
        assertRefused("predicted IoU threshold", b -> b.predictedIouThreshold(88));
        assertRefused("predicted IoU threshold", b -> b.predictedIouThreshold(Float.NaN));
        assertRefused("stability threshold", b -> b.stabilityThreshold(1.5f));
        assertRefused("stability threshold", b -> b.stabilityThreshold(Float.NaN));
        assertRefused("stability offset", b -> b.stabilityOffset(-1));
        assertRefused("stability offset", b -> b.stabilityOffset(Float.POSITIVE_INFINITY));
        assertRefused("mask threshold", b -> b.maskThreshold(Float.NaN));
        assertRefused("box NMS threshold", b -> b.boxNmsThreshold(1.1));
        assertRefused("crop NMS threshold", b -> b.cropNmsThreshold(Double.NaN));
        assertRefused("crop layers", b -> b.cropLayers(-1));
        assertRefused("crop layers", b -> b.cropLayers(20));
        assertRefused("crop overlap ratio", b -> b.cropOverlapRatio(1));
        assertRefused("crop points downscale", b -> b.cropPointsDownscale(0));
        assertRefused("least region area", b -> b.minRegionArea(-1));
        assertRefused("jitter", b -> b.jitter(0.6));
        assertRefused("last crop layer", b -> b.pointsPerSide(3).cropLayers(2).cropPointsDownscale(2));
    }

    @Test
    void explicitGridsMustBeOnePerLayerAndStayWhereTheyAre() {
        PointGrid grid = PointGrid.of(0.5, 0.25, 1, 0);
        assertRefused("point grids", b -> b.pointGrids(List.of(grid)).cropLayers(1));
        assertRefused("jitter", b -> b.pointGrids(List.of(grid)).jitter(0.1));
        GeneratorSettings given =
                with(b -> b.pointGrids(List.of(grid, PointGrid.regular(1))).cropLayers(1));
        assertArrayEquals(new double[] {5, 5, 10, 0}, given.grid(0).in(10, 20));
        assertArrayEquals(new double[] {3, 4}, given.grid(1).in(6, 8));
    }

    @ParameterizedTest
    @ValueSource(doubles = {-0.01, 1.01, Double.NaN})
    void gridCoordinatesOutsideThePictureAreRefused(double share) {
        assertThrows(IllegalArgumentException.class, () -> PointGrid.of(0.5, share));
    }

    @Test
    void gridsOfNoPointsOrHalfPointsAreRefused() {
        assertThrows(IllegalArgumentException.class, PointGrid::of);
        assertThrows(IllegalArgumentException.class, () -> PointGrid.of(0.5, 0.5, 0.5));
        assertThrows(IllegalArgumentException.class, () -> PointGrid.regular(0));
    }

    @Test
    void regularPointsAreInTheMiddlesOfCellsRowByRow() {
        for (int n : new int[] {1, 2, 5, 32, 33}) {
            double[] xy = PointGrid.regular(n).in(100, 50);
            assertEquals(2 * n * n, xy.length);
            for (int i = 0; i < n * n; i++) {
                assertEquals((i % n + 0.5) / n * 100, xy[2 * i], 1e-11);
                assertEquals((i / n + 0.5) / n * 50, xy[2 * i + 1], 1e-11);
            }
        }
    }

    @Test
    void layersOfCropsHaveFewerPoints() {
        GeneratorSettings settings = with(b -> b.pointsPerSide(7).cropLayers(2).cropPointsDownscale(2));
        assertEquals(49, settings.grid(0).count());
        assertEquals(9, settings.grid(1).count());
        assertEquals(1, settings.grid(2).count());
    }

    @Test
    void jitterStaysWithinItsCellsAndRepeats() {
        GeneratorSettings settings =
                with(b -> b.pointsPerSide(20).jitter(0.3).jitterSeed(5).cropLayers(1));
        double[] xy = settings.grid(0).in(20, 20);
        Set<Double> offsets = new HashSet<>();
        for (int i = 0; i < 400; i++) {
            double x = xy[2 * i] - (i % 20 + 0.5);
            double y = xy[2 * i + 1] - (i / 20 + 0.5);
            assertTrue(Math.abs(x) <= 0.3 + 1e-12 && Math.abs(y) <= 0.3 + 1e-12);
            offsets.add(x);
            offsets.add(y);
        }
        assertTrue(offsets.size() > 790, "all moves differ");
        assertArrayEquals(xy, settings.grid(0).in(20, 20));
        assertNotEquals(settings.grid(0), settings.grid(1));
        assertNotEquals(
                settings.grid(0), settings.toBuilder().jitterSeed(6).build().grid(0));
        assertEquals(
                PointGrid.regular(20), settings.toBuilder().jitter(0).build().grid(0));
    }

    /** By hand for 1500 x 1000: overlap trunc(0.3413.. * 1000) = 341, crops of ceil(1841 / 2) = 921 and ceil(1341 / 2) = 671. */
    @Test
    void cropsOverlapAndAreOrderedColumnByColumn() {
        List<Crop> crops = with(b -> b.cropLayers(1)).crops(1500, 1000);
        assertEquals(
                List.of(
                        new Crop(new PixelBox(0, 0, 1500, 1000), 0),
                        new Crop(new PixelBox(0, 0, 921, 671), 1),
                        new Crop(new PixelBox(0, 330, 921, 1000), 1),
                        new Crop(new PixelBox(580, 0, 1500, 671), 1),
                        new Crop(new PixelBox(580, 330, 1500, 1000), 1)),
                crops);
        assertEquals(21, with(b -> b.cropLayers(2)).crops(1500, 1000).size());
    }

    @Test
    void tinyPicturesHaveNoCropsWithoutPixels() {
        for (Crop crop : with(b -> b.cropLayers(3)).crops(1, 5)) {
            assertTrue(crop.box().width() == 1 && crop.box().height() >= 1);
        }
    }
}
