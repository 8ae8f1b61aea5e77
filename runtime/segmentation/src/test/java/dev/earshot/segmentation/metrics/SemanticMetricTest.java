package dev.earshot.segmentation.metrics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.metrics.SemanticSettings.Padded;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SemanticMetricTest {
    private static final double EXACT = 1e-12;

    private static SemanticMetric metric(int classes, int frames, Padded padded) {
        return new SemanticMetric(new SemanticSettings(classes, frames, padded));
    }

    private static LabelMap map(int... labels) {
        byte[] bytes = new byte[labels.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) labels[i];
        }
        return new LabelMap(labels.length, 1, bytes);
    }

    @Test
    void oneFrameByHand() {
        SemanticMetric metric = metric(5, 1, Padded.COUNT);
        metric.add("v", "", List.of(map(0, 0, 1, 1, 2, 0)), List.of(map(0, 1, 1, 1, 3, 0)));
        SemanticResult result = metric.result();
        // class 0: 2 of 3 | 2 ; class 1: 2 of 2 | 3 ; class 2: predicted only ; class 3: wanted only ; class 4: nowhere
        assertEquals(2.0 / 3, result.classes().get(0).iou(), EXACT);
        assertEquals(2.0 / 3, result.classes().get(1).iou(), EXACT);
        assertEquals(
                1.3 * (2.0 / 3) / (0.3 * (2.0 / 3) + 1), result.classes().get(0).f(), EXACT);
        assertEquals(1.3 * (2.0 / 3) / (0.3 + 2.0 / 3), result.classes().get(1).f(), EXACT);
        assertEquals(
                List.of(1L, 1L, 1L, 1L, 0L),
                result.classes().stream().map(c -> c.count()).toList());
        assertEquals(0, result.classes().get(2).iou() + result.classes().get(3).f(), EXACT);
        assertEquals((4.0 / 3) / 5, result.miou(), EXACT);
        assertEquals((2.0 / 3) / 4, result.foreground().miou(), EXACT);
        assertEquals((4.0 / 3) / 4, result.present().miou(), EXACT);
        assertEquals((4.0 / 3) / 4, result.scriptNoBg().miou(), EXACT);
    }

    @Test
    void scriptsNoBgLeavesOutTheLastClassAndNotTheBackground() {
        SemanticMetric metric = metric(3, 1, Padded.COUNT);
        metric.add("v", "", List.of(map(0, 1, 2)), List.of(map(0, 2, 1)));
        assertEquals(0.5, metric.result().scriptNoBg().miou(), EXACT);
        assertEquals(0, metric.result().foreground().miou(), EXACT);
    }

    @Test
    void paddingCountsAsBackgroundUnlessItIsSkipped() {
        List<LabelMap> predicted = List.of(map(0, 1), map(0, 0), map(1, 1), map(0, 1), map(0, 1));
        List<LabelMap> wanted = List.of(map(0, 1), map(1, 1), map(0, 1), map(1, 0), map(0, 1));
        SemanticMetric counted = metric(2, 10, Padded.COUNT);
        SemanticMetric skipped = metric(2, 10, Padded.SKIP);
        counted.add("v", "", predicted, wanted);
        skipped.add("v", "", predicted, wanted);
        assertEquals(10, counted.result().classes().getFirst().count());
        assertEquals(5, skipped.result().classes().getFirst().count());
        assertEquals(
                skipped.result().classes().getFirst().iouSum() + 5,
                counted.result().classes().getFirst().iouSum(),
                EXACT);
        assertEquals(
                skipped.result().classes().get(1), counted.result().classes().get(1));
        assertEquals(5, counted.result().paddedFrames());
        assertEquals(5, counted.result().frames());
        assertEquals(0, skipped.result().paddedFrames());
        assertEquals(counted.result().videos(), skipped.result().videos());
    }

    @Test
    void predictionsForThePaddingAreScoredAgainstBackground() {
        SemanticMetric metric = metric(2, 3, Padded.COUNT);
        metric.add("v", "", List.of(map(0, 1), map(1, 1)), List.of(map(0, 1)));
        SemanticMetric written = metric(2, 3, Padded.COUNT);
        written.add("v", "", List.of(map(0, 1), map(1, 1), map(0, 0)), List.of(map(0, 1), map(0, 0), map(0, 0)));
        assertEquals(written.result().classes(), metric.result().classes());
        SemanticMetric skipped = metric(2, 3, Padded.SKIP);
        skipped.add("v", "", List.of(map(0, 1), map(1, 1)), List.of(map(0, 1)));
        assertEquals(1, skipped.result().miou(), EXACT);
    }

    @Test
    void aPerfectPredictionScoresOneOnTheClassesThereAre() {
        Random random = new Random(3);
        SemanticMetric metric = new SemanticMetric();
        for (int v = 0; v < 4; v++) {
            List<LabelMap> maps = new ArrayList<>();
            for (int k = 0; k < 10; k++) {
                maps.add(map(random.ints(40, 0, 60).toArray()));
            }
            metric.add("v", "", maps, maps);
        }
        SemanticResult result = metric.result();
        assertEquals(1, result.present().miou(), EXACT);
        assertEquals(1, result.present().fscore(), EXACT);
        long seen = result.classes().stream().filter(c -> c.count() > 0).count();
        assertEquals(seen / 71.0, result.miou(), EXACT);
        assertTrue(seen < 71);
    }

    @Test
    void orderOfVideosDoesNotMatterAndIouIsSymmetric() {
        Random random = new Random(4);
        List<List<LabelMap>> a = new ArrayList<>();
        List<List<LabelMap>> b = new ArrayList<>();
        for (int v = 0; v < 6; v++) {
            a.add(List.of(map(random.ints(35, 0, 6).toArray())));
            b.add(List.of(map(random.ints(35, 0, 6).toArray())));
        }
        SemanticMetric forward = metric(6, 1, Padded.COUNT);
        SemanticMetric backward = metric(6, 1, Padded.COUNT);
        SemanticMetric swapped = metric(6, 1, Padded.COUNT);
        for (int v = 0; v < 6; v++) {
            forward.add("v", "", a.get(v), b.get(v));
            backward.add("v", "", a.get(5 - v), b.get(5 - v));
            swapped.add("v", "", b.get(v), a.get(v));
        }
        assertEquals(forward.result().miou(), backward.result().miou(), EXACT);
        assertEquals(forward.result().fscore(), backward.result().fscore(), EXACT);
        assertEquals(forward.result().miou(), swapped.result().miou(), EXACT);
    }

    @Test
    void argMaxTakesTheFirstOnTies() {
        float[] logits = {1, 0, -1, 5, 1, 0, 0, 5, 0, 0, 7, 4}; // [3, 1, 4]
        assertArrayEquals(
                new byte[] {0, 0, 2, 0}, LabelMap.argMax(logits, 3, 4, 1).labels());
        assertThrows(IllegalArgumentException.class, () -> LabelMap.argMax(logits, 4, 4, 1));
    }

    @Test
    void labelMapsAreEnlargedAndReducedByTheNearestPixel() {
        LabelMap map = new LabelMap(2, 2, new byte[] {1, 2, 3, 4});
        assertArrayEquals(
                new byte[] {1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4},
                map.resized(4, 4).labels());
        assertArrayEquals(new byte[] {4}, map.resized(1, 1).labels());
        assertArrayEquals(new byte[] {1, 2, 2, 3, 4, 4}, map.resized(3, 2).labels());
        assertSame(map, map.resized(2, 2));
    }

    @Test
    void strangersAreRefused() {
        SemanticMetric metric = metric(3, 2, Padded.COUNT);
        LabelMap two = map(0, 1);
        assertThrows(IllegalArgumentException.class, () -> metric.add("v", "", List.of(map(0, 3)), List.of(two)));
        assertThrows(IllegalArgumentException.class, () -> metric.add("v", "", List.of(map(0)), List.of(two)));
        assertThrows(IllegalArgumentException.class, () -> metric.add("v", "", List.of(), List.of(two)));
        assertThrows(
                IllegalArgumentException.class,
                () -> metric.add("v", "", List.of(two, two, two), List.of(two, two, two)));
        assertThrows(IllegalArgumentException.class, () -> new SemanticSettings(1, 10, Padded.SKIP));
    }
}
