package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.segmentation.BinaryMask;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskUpsamplerTest {
    /** Two tokens side by side, each its own centroid: the border lies in the middle. */
    @Test
    void borderBetweenTwoTokensLiesHalfWay() {
        float[] features = {1, 0, 0, 1};
        Clustering halves = new Clustering(2, 2, new int[] {0, 1}, new float[] {1, 0, 0, 1}, 0, 0);
        MaskUpsampler upsampler = new MaskUpsampler(features, 0, 1, 2, halves);

        assertArrayEquals(new byte[] {0, 0, 0, 1, 1, 1}, upsampler.labels(6, 1));
        BinaryMask right = upsampler.mask(new boolean[] {false, true}, 6, 4);
        assertEquals(12, right.area());
    }

    @Test
    void agreesWithTheFormulaPixelByPixel() {
        int h = 5;
        int w = 7;
        int c = 6;
        int k = 3;
        float[] features = new float[h * w * c];
        float[] centroids = new float[k * c];
        Random random = new Random(2);
        for (int i = 0; i < features.length; i++) {
            features[i] = (float) random.nextGaussian();
        }
        for (int i = 0; i < centroids.length; i++) {
            centroids[i] = (float) random.nextGaussian();
        }
        Clustering clustering = new Clustering(k, c, new int[h * w], centroids, 0, 0);
        for (int[] size : new int[][] {{1, 1}, {7, 5}, {3, 2}, {53, 31}}) {
            byte[] labels = new MaskUpsampler(features, 0, h, w, clustering).labels(size[0], size[1]);
            for (int y = 0; y < size[1]; y++) {
                for (int x = 0; x < size[0]; x++) {
                    int best = 0;
                    double bestValue = Double.NEGATIVE_INFINITY;
                    for (int j = 0; j < k; j++) {
                        double value = bilinear(features, centroids, j, h, w, c, (double) y, x, size);
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

    private static double bilinear(
            float[] features, float[] centroids, int j, int h, int w, int c, double y, double x, int[] size) {
        double sy = Math.clamp((y + 0.5) * h / size[1] - 0.5, 0, h - 1);
        double sx = Math.clamp((x + 0.5) * w / size[0] - 0.5, 0, w - 1);
        double sum = 0;
        for (int dy = 0; dy < 2; dy++) {
            for (int dx = 0; dx < 2; dx++) {
                int row = Math.min((int) sy + dy, h - 1);
                int column = Math.min((int) sx + dx, w - 1);
                double weight = (dy == 0 ? 1 - (sy - (int) sy) : sy - (int) sy)
                        * (dx == 0 ? 1 - (sx - (int) sx) : sx - (int) sx);
                int from = (row * w + column) * c;
                double dot = 0;
                double norm = 0;
                for (int i = 0; i < c; i++) {
                    dot += features[from + i] * centroids[j * c + i];
                    norm += features[from + i] * features[from + i];
                }
                sum += weight * dot / Math.sqrt(norm);
            }
        }
        return sum;
    }
}
