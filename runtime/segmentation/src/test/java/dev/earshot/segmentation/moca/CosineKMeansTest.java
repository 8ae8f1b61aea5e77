package dev.earshot.segmentation.moca;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CosineKMeansTest {
    private static final KMeansSettings FOUR = KMeansSettings.DEFAULT;

    private static float[] random(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Test
    void batchGivesWhatItsFramesGiveAlone() {
        int rows = 37;
        int width = 19; // not a whole number of channel blocks
        float[] features = random(3 * rows * width, 5);
        CosineKMeans kMeans = new CosineKMeans(FOUR);

        List<Clustering> batch = kMeans.cluster(features, 3, rows, width, 10);

        for (int b = 0; b < 3; b++) {
            float[] frame = Arrays.copyOfRange(features, b * rows * width, (b + 1) * rows * width);
            Clustering alone = kMeans.clusterFrame(frame, 0, rows, width, 10 + b);
            assertArrayEquals(alone.labels(), batch.get(b).labels());
            assertArrayEquals(alone.centroids(), batch.get(b).centroids());
            assertEquals(alone.inertia(), batch.get(b).inertia());
        }
    }

    /** Every row has its label's centroid as the nearest, and every centroid is its members' direction. */
    @Test
    void resultIsAFixedPointOfBothSteps() {
        int rows = 64;
        int width = 16;
        float[] features = random(rows * width, 8);
        Clustering result = new CosineKMeans(FOUR).clusterFrame(features, 0, rows, width, 0);

        double inertia = 0;
        double[][] sums = new double[4][width];
        for (int i = 0; i < rows; i++) {
            double norm = norm(features, i * width, width);
            double[] similarity = new double[4];
            for (int j = 0; j < 4; j++) {
                for (int c = 0; c < width; c++) {
                    similarity[j] += features[i * width + c] / norm * result.centroids()[j * width + c];
                }
            }
            int own = result.labels()[i];
            for (int j = 0; j < 4; j++) {
                assertTrue(similarity[own] >= similarity[j] - 1e-6, "row " + i);
            }
            inertia += 1 - similarity[own];
            for (int c = 0; c < width; c++) {
                sums[own][c] += features[i * width + c] / norm;
            }
        }
        assertEquals(inertia, result.inertia(), 1e-4);
        for (int j = 0; j < 4; j++) {
            double length = Math.sqrt(Arrays.stream(sums[j]).map(v -> v * v).sum());
            for (int c = 0; c < width; c++) {
                assertEquals(sums[j][c] / length, result.centroids()[j * width + c], 1e-5);
            }
        }
    }

    /** Small enough to try all labellings: 9 rows, 2 clusters. */
    @Test
    void manyRestartsWithRefinementFindTheBestOfAllLabellings() {
        int rows = 9;
        int width = 3;
        float[] features = random(rows * width, 3);
        KMeansSettings settings = new KMeansSettings(2, 50, 1, 100, 1e-6, true);
        Clustering found = new CosineKMeans(settings).clusterFrame(features, 0, rows, width, 0);

        double best = Double.POSITIVE_INFINITY;
        for (int code = 1; code < (1 << rows) - 1; code++) {
            double[][] sums = new double[2][width];
            for (int i = 0; i < rows; i++) {
                double norm = norm(features, i * width, width);
                for (int c = 0; c < width; c++) {
                    sums[code >> i & 1][c] += features[i * width + c] / norm;
                }
            }
            double length = 0;
            for (double[] sum : sums) {
                length += Math.sqrt(Arrays.stream(sum).map(v -> v * v).sum());
            }
            best = Math.min(best, rows - length);
        }
        assertEquals(best, found.inertia(), 1e-5);
    }

    @Test
    void deadRowsAreLabelledZeroAndCountForNothing() {
        int width = 4;
        float[] live = random(6 * width, 4);
        float[] features = new float[10 * width];
        System.arraycopy(live, 0, features, 2 * width, live.length); // rows 0, 1, 8, 9 are zero
        KMeansSettings two = new KMeansSettings(2, 8, 0, 100, 1e-6, false);

        Clustering mixed = new CosineKMeans(two).clusterFrame(features, 0, 10, width, 0);
        Clustering clean = new CosineKMeans(two).clusterFrame(live, 0, 6, width, 0);

        assertEquals(0, mixed.labels()[0]);
        assertEquals(0, mixed.labels()[9]);
        assertEquals(clean.inertia(), mixed.inertia(), 1e-6);
    }

    @Test
    void allZeroFeaturesGiveOneLabelAndNoInertia() {
        Clustering result = new CosineKMeans(FOUR).clusterFrame(new float[8 * 5], 0, 8, 5, 0);
        assertArrayEquals(new int[8], result.labels());
        assertEquals(0, result.inertia());
    }

    @Test
    void equalRowsDoNotBreakTheStart() {
        float[] features = new float[6 * 4];
        Arrays.fill(features, 1);
        Clustering result = new CosineKMeans(FOUR).clusterFrame(features, 0, 6, 4, 0);
        assertEquals(0, result.inertia(), 1e-5);
        for (float value : result.centroids()) {
            assertTrue(Float.isFinite(value));
        }
    }

    @Test
    void tooFewRowsAndTooFewValuesAreRefused() {
        CosineKMeans kMeans = new CosineKMeans(FOUR);
        assertThrows(IllegalArgumentException.class, () -> kMeans.clusterFrame(new float[6], 0, 3, 2, 0));
        assertThrows(IllegalArgumentException.class, () -> kMeans.cluster(new float[6], 2, 4, 2, 0));
        assertThrows(IllegalArgumentException.class, () -> new KMeansSettings(0, 1, 0, 1, 0, false));
    }

    private static double norm(float[] values, int from, int width) {
        double sum = 0;
        for (int c = from; c < from + width; c++) {
            sum += (double) values[c] * values[c];
        }
        return Math.sqrt(sum);
    }
}
