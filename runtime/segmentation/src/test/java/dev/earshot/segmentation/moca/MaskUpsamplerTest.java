package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.segmentation.BinaryMask;
import java.util.Arrays;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MaskUpsamplerTest {
    /** Two tokens side by side, each its own centroid: the border lies in the middle. */
    @Test
    void borderBetweenTwoTokensLiesHalfWay() {
        FrameClusters halves = new FrameClusters(2, new int[] {0, 1}, new float[] {1, 0, 0, 1});
        MaskUpsampler upsampler = new MaskUpsampler(halves, 1, 2);

        assertArrayEquals(new byte[] {0, 0, 0, 1, 1, 1}, upsampler.labels(6, 1));
        BinaryMask right = upsampler.mask(new boolean[] {false, true}, 6, 4);
        assertEquals(12, right.area());
    }

    @Test
    void agreesWithTheFormulaPixelByPixel() {
        int h = 5;
        int w = 7;
        int k = 3;
        float[] cosines = new float[h * w * k];
        Random random = new Random(2);
        for (int i = 0; i < cosines.length; i++) {
            cosines[i] = (float) random.nextGaussian();
        }
        FrameClusters clusters = new FrameClusters(k, new int[h * w], cosines);
        for (int[] size : new int[][] {{1, 1}, {7, 5}, {3, 2}, {53, 31}}) {
            byte[] labels = new MaskUpsampler(clusters, h, w).labels(size[0], size[1]);
            for (int y = 0; y < size[1]; y++) {
                for (int x = 0; x < size[0]; x++) {
                    int best = 0;
                    double bestValue = Double.NEGATIVE_INFINITY;
                    for (int j = 0; j < k; j++) {
                        double value = bilinear(cosines, j, k, h, w, y, x, size);
                        if (value > bestValue) {
                            best = j;
                            bestValue = value;
                        }
                    }
                    assertEquals(best, labels[y * size[0] + x], "pixel %d %d".formatted(x, y));
                }
            }
        }
    }

    /** Equal cosines everywhere leave every pixel to the lowest cluster, also where rounding could tell them apart. */
    @Test
    void equalClustersLeaveAllToTheLowest() {
        float[] cosines = new float[4 * 4 * 3];
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < cosines.length; i += 3) {
            cosines[i] = -1;
            cosines[i + 1] = (float) random.nextDouble();
            cosines[i + 2] = cosines[i + 1];
        }
        byte[] labels = new MaskUpsampler(new FrameClusters(3, new int[16], cosines), 4, 4).labels(91, 67);
        byte[] ones = new byte[91 * 67];
        Arrays.fill(ones, (byte) 1);
        assertArrayEquals(ones, labels);
    }

    /** One mask and one scratch for frames of different clusters. */
    @Test
    void masksDrawnIntoTheSameMemoryAreThoseOfNewMemory() {
        SplittableRandom random = new SplittableRandom(3);
        MaskUpsampler.Scratch memory = new MaskUpsampler.Scratch();
        BinaryMask mask = new BinaryMask(37, 29);
        for (int frame = 0; frame < 4; frame++) {
            float[] cosines = new float[4 * 5 * 3];
            for (int i = 0; i < cosines.length; i++) {
                cosines[i] = (float) random.nextDouble();
            }
            FrameClusters clusters = new FrameClusters(3, new int[20], cosines);
            boolean[] selected = {frame % 2 == 0, frame == 1, frame == 2};
            new MaskUpsampler(clusters, 4, 5, memory).draw(selected, mask);
            byte[] labels = new MaskUpsampler(clusters, 4, 5).labels(37, 29);
            for (int i = 0; i < labels.length; i++) {
                labels[i] = (byte) (selected[labels[i]] ? 1 : 0);
            }
            assertEquals(BinaryMask.of(37, 29, labels), mask);
        }
    }

    @Test
    void aGridOfAnotherSizeIsRefused() {
        FrameClusters six = new FrameClusters(1, new int[6], new float[6]);
        assertThrows(IllegalArgumentException.class, () -> new MaskUpsampler(six, 2, 4));
        assertThrows(IllegalArgumentException.class, () -> new FrameClusters(2, new int[6], new float[6]));
    }

    private static double bilinear(float[] cosines, int j, int k, int h, int w, double y, double x, int[] size) {
        double sy = Math.clamp((y + 0.5) * h / size[1] - 0.5, 0, h - 1);
        double sx = Math.clamp((x + 0.5) * w / size[0] - 0.5, 0, w - 1);
        double sum = 0;
        for (int dy = 0; dy < 2; dy++) {
            for (int dx = 0; dx < 2; dx++) {
                int row = Math.min((int) sy + dy, h - 1);
                int column = Math.min((int) sx + dx, w - 1);
                double weight = (dy == 0 ? 1 - (sy - (int) sy) : sy - (int) sy)
                        * (dx == 0 ? 1 - (sx - (int) sx) : sx - (int) sx);
                sum += weight * cosines[(row * w + column) * k + j];
            }
        }
        return sum;
    }
}
