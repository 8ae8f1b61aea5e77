package dev.earshot.segmentation.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.metrics.ExtendedVggSsResult.Subset;
import dev.earshot.segmentation.metrics.ExtendedVggSsResult.SubsetFigures;
import dev.earshot.segmentation.metrics.HeatMap.Resize;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LocalizationTest {
    private static final double EXACT = 1e-12;
    private static final List<Box> LEFT_HALF = List.of(new Box(0, 0, 0.5, 1));

    private static HeatMap map(int width, int height, float... values) {
        return new HeatMap(width, height, values);
    }

    private static HeatMap random(int width, int height, long seed) {
        float[] values = new float[width * height];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = 2 * random.nextFloat() - 1;
        }
        return new HeatMap(width, height, values);
    }

    @Test
    void bilinearPutsCornersOnCorners() {
        HeatMap out = map(2, 2, 0, 3, 6, 9).resized(4, 4, Resize.BILINEAR_CORNERS);
        assertArrayEquals(new float[] {0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9}, out.values(), 1e-6f);
    }

    @Test
    void halfPixelBilinearClampsAtTheBorders() {
        HeatMap out = map(2, 1, 0, 4).resized(4, 1, Resize.BILINEAR_HALF_PIXEL);
        assertArrayEquals(new float[] {0, 1, 3, 4}, out.values(), 1e-6f);
    }

    @Test
    void bicubicHasPyTorchsWeights() {
        // Half way between samples: -0.09375, 0.59375, 0.59375, -0.09375 for a = -0.75; borders repeat.
        HeatMap out = map(4, 1, 1, 2, 4, 8).resized(7, 1, Resize.BICUBIC_CORNERS);
        assertEquals(0.59375 * (2 + 4) - 0.09375 * (1 + 8), out.values()[3], 1e-6);
        assertEquals(0.59375 * (1 + 2) - 0.09375 * (1 + 4), out.values()[1], 1e-6);
        assertArrayEquals(
                new float[] {1, 2, 4, 8},
                new float[] {out.values()[0], out.values()[2], out.values()[4], out.values()[6]});
    }

    @ParameterizedTest
    @EnumSource(Resize.class)
    void resizingKeepsSizesConstantsAndDoesNotMixAxes(Resize how) {
        HeatMap odd = random(5, 3, 1);
        assertArrayEquals(odd.values(), odd.resized(5, 3, how).values());
        for (float value : map(3, 2, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f)
                .resized(7, 11, how)
                .values()) {
            assertEquals(0.1f, value);
        }
        HeatMap wide = odd.resized(9, 3, how).resized(9, 8, how);
        HeatMap both = odd.resized(9, 8, how);
        assertArrayEquals(both.values(), wide.values(), 1e-6f);
        HeatMap transposed = transposed(odd).resized(8, 9, how);
        assertArrayEquals(both.values(), transposed(transposed).values(), 1e-6f);
        assertEquals(odd.values()[0], odd.resized(1, 1, Resize.BILINEAR_CORNERS).values()[0]);
    }

    private static HeatMap transposed(HeatMap map) {
        float[] out = new float[map.values().length];
        for (int i = 0; i < out.length; i++) {
            out[i % map.width() * map.height() + i / map.width()] = map.values()[i];
        }
        return new HeatMap(map.height(), map.width(), out);
    }

    @Test
    void theUpperHalfIsTheMask() {
        VggSsMetric metric = new VggSsMetric(new LocalizationSettings(4, Resize.BILINEAR_CORNERS, false));
        float[] ramp = new float[16];
        for (int i = 0; i < 16; i++) {
            ramp[i] = -(i % 4) - i / 16f; // falls from left to right
        }
        assertEquals(1, metric.add("left", "", map(4, 4, ramp), LEFT_HALF).ciou(), EXACT);
        LocalizationSample strict = new VggSsMetric(new LocalizationSettings(4, Resize.BILINEAR_CORNERS, true))
                .add("left", "", map(4, 4, ramp), LEFT_HALF);
        assertEquals(7, strict.maskArea());
        assertEquals(7.0 / 8, strict.ciou(), EXACT);
    }

    @Test
    void constantMapsCoverEverythingOrNothing() {
        HeatMap flat = map(2, 2, 0.3f, 0.3f, 0.3f, 0.3f);
        assertSame(flat, flat.minMaxNormalised());
        LocalizationSample all = new VggSsMetric().add("flat", "", flat, LEFT_HALF);
        assertEquals(224 * 224, all.maskArea());
        assertEquals(0.5, all.ciou(), EXACT);
        LocalizationSample none = new VggSsMetric(LocalizationSettings.HARD_WAY).add("flat", "", flat, LEFT_HALF);
        assertEquals(0, none.ciou(), EXACT);
        LocalizationSample empty =
                new VggSsMetric(LocalizationSettings.HARD_WAY).add("flat", "", flat, List.of(new Box(0.4, 0, 0.4, 1)));
        assertEquals(0, empty.ciou(), EXACT); // 0/0
    }

    @Test
    void boxesAreClippedScaledAndCutToWholePixels() {
        List<Box> boxes =
                List.of(new Box(-2.9e16, 0.1, 0.299, 0.2), new Box(0.9, 0.9, 7, 7), new Box(0.5, 0.5, 0.4, 1));
        BinaryMask mask = Box.union(boxes, 10);
        assertEquals(2 + 1, mask.area());
        assertEquals(true, mask.get(0, 1) && mask.get(1, 1) && mask.get(9, 9));
        assertThrows(IllegalArgumentException.class, () -> new Box(Double.NaN, 0, 1, 1));
    }

    @Test
    void vggSsFiguresByHand() {
        VggSsMetric metric = new VggSsMetric(new LocalizationSettings(4, Resize.BILINEAR_CORNERS, false));
        HeatMap left = map(4, 1, 3, 2, 1, 0).resized(4, 4, Resize.BILINEAR_CORNERS);
        metric.add("hit", "", left, LEFT_HALF); // 1
        metric.add("half", "", left, List.of(new Box(0, 0, 0.25, 1))); // 4 / 8
        metric.add("miss", "", left, List.of(new Box(0.75, 0, 1, 1))); // 0 / 12
        VggSsResult result = metric.result();
        assertEquals(2.0 / 3, result.ap50(), EXACT);
        assertEquals(0.5, result.meanCiou(), EXACT);
        // Success 3/3 at 0, 2/3 from 0.05 to 0.5, 1/3 from 0.55 to 1.
        assertEquals(0.05 * ((1 + 2.0 / 3) / 2 + 9 * 2.0 / 3 + (2.0 / 3 + 1.0 / 3) / 2 + 9 / 3.0), result.auc(), EXACT);
    }

    private static LocalizationSample row(int boxes, double ciou, double confidence, long area) {
        return new LocalizationSample("s", "", boxes, ciou, confidence, area, area);
    }

    private static ExtendedVggSsResult result(List<LocalizationSample> rows) {
        ExtendedVggSsMetric metric = new ExtendedVggSsMetric();
        rows.forEach(metric::add);
        return metric.result();
    }

    @Test
    void extendedFiguresByHand() {
        List<LocalizationSample> rows = List.of(
                row(1, 0.9, 0.8, 500),
                row(0, 0, 0.7, 0),
                row(1, 0.2, 0.6, 5_000),
                row(2, 0.6, 0.4, 50_000),
                row(0, 0, 0.1, 0));
        ExtendedVggSsResult result = result(rows);
        SubsetFigures all = result.figures().getFirst();
        assertEquals(2.0 / 5, all.precision(), EXACT);
        // Thresholds 0.7, 0.6, 0.4, 0.1: precision 1/2, 1/3, 2/4, 2/5; recall 1/3, 1/2, 1, 1.
        assertEquals(0.5 * (1.0 / 2 - 1.0 / 3) + 0.5 * (1 - 1.0 / 2), all.averagePrecision(), EXACT);
        assertEquals(5, all.f1Curve().size());
        assertEquals(2 * 0.5 * 1 / 1.5, result.maxF1(), EXACT); // at 0.4
        // At confidence 0.5 the first row is right, the second and third are wrong, the fourth is missed.
        assertEquals(2 * (1.0 / 3) * 0.5 / (1.0 / 3 + 0.5), result.f1AtConfidenceHalf(), EXACT);
        assertEquals(2.0 / 3, result.precisionAt50(), EXACT);
    }

    @Test
    void subsetsFollowTheAreaOfTheBoxes() {
        LocalizationSample silent = row(0, 0, 0.5, 0);
        assertEquals(List.of(Subset.ALL), subsets(silent));
        assertEquals(List.of(Subset.ALL, Subset.VISIBLE, Subset.SMALL), subsets(row(1, 0, 0, 0)));
        assertEquals(List.of(Subset.ALL, Subset.VISIBLE, Subset.SMALL), subsets(row(1, 0, 0, 1023)));
        assertEquals(List.of(Subset.ALL, Subset.VISIBLE, Subset.MEDIUM), subsets(row(1, 0, 0, 1024)));
        assertEquals(List.of(Subset.ALL, Subset.VISIBLE, Subset.LARGE), subsets(row(1, 0, 0, 96 * 96)));
        assertEquals(List.of(Subset.ALL, Subset.VISIBLE, Subset.HUGE), subsets(row(1, 0, 0, 144 * 144)));
    }

    private static List<Subset> subsets(LocalizationSample sample) {
        return java.util.Arrays.stream(Subset.values())
                .filter(subset -> subset.contains(sample))
                .toList();
    }

    @Test
    void figuresDoNotDependOnTheOrderEvenWithTies() {
        Random random = new Random(2);
        List<LocalizationSample> rows = new ArrayList<>();
        for (int i = 0; i < 431; i++) {
            int boxes = random.nextInt(3);
            rows.add(row(boxes, boxes == 0 ? 0 : random.nextInt(5) / 4.0, random.nextInt(12) / 10.0, boxes * 3000L));
        }
        ExtendedVggSsResult forward = result(rows);
        Collections.shuffle(rows, random);
        ExtendedVggSsResult shuffled = result(rows);
        assertEquals(forward.figures(), shuffled.figures());
        assertEquals(forward.f1AtConfidenceHalf(), shuffled.f1AtConfidenceHalf());
    }

    @Test
    void emptySubsetsAndNothingAtAllHaveFigures() {
        ExtendedVggSsResult nothing = result(List.of());
        assertEquals(0, nothing.averagePrecision());
        assertEquals(0, nothing.maxF1());
        assertEquals(1, nothing.figures().getFirst().precision());
        assertEquals(0, result(List.of(row(0, 0, 1, 0))).averagePrecision());
        assertEquals(0, new VggSsMetric().result().auc());
        assertThrows(IllegalArgumentException.class, () -> result(List.of(row(1, Double.NaN, 0, 1))));
    }

    @Test
    void cosineZeroIsForegroundAtSlavcsThreshold() {
        ExtendedVggSsMetric metric = new ExtendedVggSsMetric();
        LocalizationSample zero = metric.add("zero", "", map(2, 1, 0, 0), LEFT_HALF);
        assertEquals(224 * 224, zero.maskArea());
        assertEquals(0.5, zero.confidence(), 1e-6);
        LocalizationSample low = metric.add("low", "", map(2, 1, -0.2f, -0.2f), LEFT_HALF);
        assertEquals(0, low.maskArea());
        assertEquals(0.4, low.confidence(), 1e-6);
        ExtendedVggSsMetric relative =
                new ExtendedVggSsMetric(new ExtendedVggSsSettings(224, 0.03, 0.5, true, Resize.BICUBIC_CORNERS));
        assertEquals(
                224 * 112,
                relative.add("ramp", "", map(2, 1, -0.1f, -0.9f), LEFT_HALF).maskArea());
    }

    @Test
    void masksAndConfidencesOfOtherMethodsAreTaken() {
        ExtendedVggSsMetric metric = new ExtendedVggSsMetric();
        LocalizationSample sample = metric.add("own", "", Box.union(LEFT_HALF, 224), 0.9, LEFT_HALF);
        assertEquals(1, sample.ciou(), EXACT);
        assertEquals(0.9, sample.confidence());
        assertEquals(
                0,
                metric.add("silent", "", new BinaryMask(224, 224), 0.1, List.of())
                        .ciou());
    }

    @Test
    void masksBecomeMapsOfZeroAndOne() {
        BinaryMask mask = BinaryMask.of(3, 1, new byte[] {0, 1, 0});
        assertArrayEquals(new float[] {0, 1, 0}, HeatMap.of(mask).values());
    }
}
