package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NonMaxSuppressionTest {
    /** Both rules as their definitions read: mark what each kept box drops, best box first, by pixels set for whole boxes. */
    private static int[] bruteForce(int[] boxes, float[] scores, double threshold, boolean plusOne) {
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            order.add(i);
        }
        order.sort((a, b) -> Float.compare(scores[b], scores[a])); // stable
        boolean[] dropped = new boolean[scores.length];
        List<Integer> kept = new ArrayList<>();
        for (int at = 0; at < order.size(); at++) {
            int best = order.get(at);
            if (dropped[best]) {
                continue;
            }
            kept.add(best);
            for (int later = at + 1; later < order.size(); later++) {
                double iou = cells(boxes, best, order.get(later), plusOne);
                dropped[order.get(later)] |= iou > threshold;
            }
        }
        return kept.stream().mapToInt(i -> i).toArray();
    }

    /** Intersection over union counted cell by cell. */
    private static double cells(int[] boxes, int a, int b, boolean plusOne) {
        int more = plusOne ? 1 : 0;
        long both = 0;
        long either = 0;
        for (int y = 0; y < 42; y++) {
            for (int x = 0; x < 42; x++) {
                boolean inA = inside(boxes, a, x, y, more);
                boolean inB = inside(boxes, b, x, y, more);
                both += inA && inB ? 1 : 0;
                either += inA || inB ? 1 : 0;
            }
        }
        return (double) both / either; // 0/0 is no number, which exceeds nothing
    }

    private static boolean inside(int[] boxes, int box, int x, int y, int more) {
        return x >= boxes[4 * box]
                && x < boxes[4 * box + 2] + more
                && y >= boxes[4 * box + 1]
                && y < boxes[4 * box + 3] + more;
    }

    @Test
    void randomBoxesMatchCountedCells() {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            int n = random.nextInt(25);
            int[] boxes = new int[4 * n];
            float[] floats = new float[4 * n];
            float[] scores = new float[n];
            for (int i = 0; i < n; i++) {
                boxes[4 * i] = random.nextInt(20);
                boxes[4 * i + 1] = random.nextInt(20);
                boxes[4 * i + 2] = boxes[4 * i] + random.nextInt(20); // without area, too
                boxes[4 * i + 3] = boxes[4 * i + 1] + random.nextInt(20);
                scores[i] = random.nextInt(8) / 8f; // many ties
            }
            for (int i = 0; i < floats.length; i++) {
                floats[i] = boxes[i];
            }
            double threshold = 0.11 + 0.2 * random.nextInt(4);
            assertArrayEquals(
                    bruteForce(boxes, scores, threshold, false), NonMaxSuppression.plain(floats, scores, threshold));
            assertArrayEquals(
                    bruteForce(boxes, scores, threshold, true), NonMaxSuppression.plusOne(boxes, scores, threshold));
        }
    }

    @Test
    void overlapOfExactlyTheThresholdStays() {
        float[] boxes = {0, 0, 2, 1, 0, 0, 1, 1}; // 1 of 2 cells
        assertArrayEquals(new int[] {0, 1}, NonMaxSuppression.plain(boxes, new float[] {2, 1}, 0.5));
        assertArrayEquals(new int[] {0}, NonMaxSuppression.plain(boxes, new float[] {2, 1}, 0.4999));
        int[] whole = {0, 0, 1, 0, 0, 0, 0, 0};
        assertArrayEquals(new int[] {0, 1}, NonMaxSuppression.plusOne(whole, new float[] {2, 1}, 0.5));
        assertArrayEquals(new int[] {0}, NonMaxSuppression.plusOne(whole, new float[] {2, 1}, 0.4999));
    }

    @Test
    void equalBoxesWithoutAreaBothStay() {
        float[] boxes = {3, 3, 3, 3, 3, 3, 3, 3};
        assertArrayEquals(new int[] {0, 1}, NonMaxSuppression.plain(boxes, new float[] {1, 1}, 0));
        assertArrayEquals(
                new int[] {0}, NonMaxSuppression.plusOne(new int[] {3, 3, 3, 3, 3, 3, 3, 3}, new float[2], 0));
    }

    @Test
    void scoresAreOrderedLikeNumbersAndZerosAreEqual() {
        float[] scores = {-1, 0f, -0f, Float.NEGATIVE_INFINITY, 3, Float.NaN, -2, Float.POSITIVE_INFINITY, 0f};
        float[] apart = new float[4 * scores.length];
        for (int i = 0; i < scores.length; i++) {
            apart[4 * i] = 10 * i;
            apart[4 * i + 2] = 10 * i + 1;
            apart[4 * i + 3] = 1;
        }
        assertArrayEquals(new int[] {5, 7, 4, 1, 2, 8, 0, 6, 3}, NonMaxSuppression.plain(apart, scores, 0.5));
    }

    @Test
    void noBoxesGiveNoneAndWrongCountsAreRefused() {
        assertEquals(0, NonMaxSuppression.plain(new float[0], new float[0], 0.5).length);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> NonMaxSuppression.plain(new float[5], new float[1], 0.5));
        assertTrue(e.getMessage().contains("expected 4 coordinates"), e.getMessage());
    }
}
