package dev.earshot.segmentation.sam;

import java.util.Arrays;

/**
 * Greedy removal of boxes that overlap a better one: the best box left is kept, every later one that overlaps it by more than
 * a threshold (strictly) is dropped, and so on. Equal scores keep their order. O(n kept), no memory but the results'.
 */
public final class NonMaxSuppression {
    private NonMaxSuppression() {}

    /**
     * torchvision's rule: the area of a box is (x1 - x0) * (y1 - y0), all in fp32. Two boxes without area have an overlap of
     * 0/0, which drops neither.
     *
     * @param boxes [n, 4], x0, y0, x1, y1
     * @param scores [n]; not-a-number counts as the best
     * @param threshold overlap (intersection over union) above which the worse box goes
     * @return which boxes stay, best first
     */
    public static int[] plain(float[] boxes, float[] scores, double threshold) {
        int n = count(boxes.length, scores);
        float[] areas = new float[n];
        for (int i = 0; i < n; i++) {
            areas[i] = (boxes[4 * i + 2] - boxes[4 * i]) * (boxes[4 * i + 3] - boxes[4 * i + 1]);
        }
        return keep(scores, (a, b) -> {
            float width =
                    Math.max(0, Math.min(boxes[4 * a + 2], boxes[4 * b + 2]) - Math.max(boxes[4 * a], boxes[4 * b]));
            float height = Math.max(
                    0, Math.min(boxes[4 * a + 3], boxes[4 * b + 3]) - Math.max(boxes[4 * a + 1], boxes[4 * b + 1]));
            float both = width * height;
            return both / (areas[a] + areas[b] - both) > threshold;
        });
    }

    /**
     * The rule for boxes of inclusive pixel indices: sides are one longer than the difference of their ends; computed in fp64.
     *
     * @param boxes [n, 4], x0, y0, x1, y1
     * @param scores [n]; not-a-number counts as the best
     * @param threshold overlap above which the worse box goes
     * @return which boxes stay, best first
     */
    public static int[] plusOne(int[] boxes, float[] scores, double threshold) {
        int n = count(boxes.length, scores);
        double[] areas = new double[n];
        for (int i = 0; i < n; i++) {
            areas[i] = (1.0 + boxes[4 * i + 2] - boxes[4 * i]) * (1.0 + boxes[4 * i + 3] - boxes[4 * i + 1]);
        }
        return keep(scores, (a, b) -> {
            double width = commonPixels(boxes, 4 * a, 4 * b);
            double height = commonPixels(boxes, 4 * a + 1, 4 * b + 1);
            double both = width * height;
            return both / (areas[a] + areas[b] - both) > threshold;
        });
    }

    /** Pixels that two boxes share along one axis; {@code a} and {@code b} are where their lower ends stand. */
    private static double commonPixels(int[] boxes, int a, int b) {
        return Math.max(0, 1.0 + Math.min(boxes[a + 2], boxes[b + 2]) - Math.max(boxes[a], boxes[b]));
    }

    private static int count(int coordinates, float[] scores) {
        if (coordinates != 4L * scores.length) {
            throw new IllegalArgumentException(
                    "non-maximum suppression: expected 4 coordinates for each of %d scores, got %d"
                            .formatted(scores.length, coordinates));
        }
        return scores.length;
    }

    private interface Overlap {
        /** Whether the worse box {@code b} goes because of {@code a}. */
        boolean drops(int a, int b);
    }

    private static int[] keep(float[] scores, Overlap overlap) {
        int[] order = bestFirst(scores);
        int[] kept = new int[order.length];
        int count = 0;
        for (int candidate : order) {
            boolean stays = true;
            for (int k = 0; k < count && stays; k++) {
                stays = !overlap.drops(kept[k], candidate);
            }
            if (stays) {
                kept[count++] = candidate;
            }
        }
        return Arrays.copyOf(kept, count);
    }

    /** Indices by falling score, equal scores in their order: sorted as one number each, score above index. */
    private static int[] bestFirst(float[] scores) {
        long[] keys = new long[scores.length];
        for (int i = 0; i < keys.length; i++) {
            int bits = Float.floatToIntBits(scores[i] + 0f); // + 0: the two zeros are equal
            int rising = bits >= 0 ? bits : bits ^ Integer.MAX_VALUE; // orders like the numbers
            keys[i] = (long) ~rising << 32 | i;
        }
        Arrays.sort(keys);
        return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
    }
}
