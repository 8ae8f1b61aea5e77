package dev.earshot.tensor.kmeans;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.KMeansSettings;
import java.util.Arrays;
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

    private static Clustering cluster(KMeansSettings settings, float[] features, int rows, int width) {
        UnitRows x = UnitRows.of(features, 0, rows, width);
        return new CosineKMeans(settings).cluster(x, 0, KMeansTrace.NONE);
    }

    @Test
    void framesOfAClipStartFromRowsOfTheirOwn() {
        float[] features = random(37 * 19, 5);
        UnitRows x = UnitRows.of(features, 0, 37, 19);
        int[][] starts = new int[2][];
        for (int frame = 0; frame < 2; frame++) {
            int number = frame;
            new CosineKMeans(FOUR).cluster(x, frame, new KMeansTrace() {
                @Override
                public void started(int index, int restart, int[] rows) {
                    assertEquals(number, index);
                    starts[number] = restart == 0 ? rows.clone() : starts[number];
                }
            });
        }
        assertFalse(Arrays.equals(starts[0], starts[1]));
    }

    /** Watched restarts run one after the other, others side by side. */
    @Test
    void restartsSideBySideGiveTheBitsOfOneAfterTheOther() {
        for (boolean hartigan : new boolean[] {false, true}) {
            for (int maxIterations : new int[] {1, 2, 100}) {
                KMeansSettings settings = new KMeansSettings(5, 6, 3, maxIterations, 1e-6, hartigan);
                float[] features = random(90 * 70, 12);
                UnitRows x = UnitRows.of(features, 0, 90, 70);
                double[] inertia = new double[6];
                Clustering watched = new CosineKMeans(settings).cluster(x, 0, new KMeansTrace() {
                    @Override
                    public void finished(int frame, int restart, double value) {
                        inertia[restart] = value;
                    }
                });
                Clustering together = cluster(settings, features, 90, 70);
                assertEquals(Arrays.stream(inertia).min().orElseThrow(), together.inertia(), 1e-9);
                assertEquals(watched.restart(), together.restart());
                assertArrayEquals(watched.labels(), together.labels());
                assertArrayEquals(watched.centroids(), together.centroids());
                assertArrayEquals(watched.similarities(), together.similarities());
            }
        }
    }

    /** Every row has its label's centroid as the nearest, and every centroid is its members' direction. */
    @Test
    void resultIsAFixedPointOfBothSteps() {
        int rows = 64;
        int width = 16;
        float[] features = random(rows * width, 8);
        Clustering result = cluster(FOUR, features, rows, width);

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
        Clustering found = cluster(settings, features, rows, width);

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

        Clustering mixed = cluster(two, features, 10, width);
        Clustering clean = cluster(two, live, 6, width);

        assertEquals(0, mixed.labels()[0]);
        assertEquals(0, mixed.labels()[9]);
        assertEquals(clean.inertia(), mixed.inertia(), 1e-6);
    }

    @Test
    void allZeroFeaturesGiveOneLabelAndNoInertia() {
        Clustering result = cluster(FOUR, new float[8 * 5], 8, 5);
        assertArrayEquals(new int[8], result.labels());
        assertEquals(0, result.inertia());
    }

    @Test
    void equalRowsDoNotBreakTheStart() {
        float[] features = new float[6 * 4];
        Arrays.fill(features, 1);
        Clustering result = cluster(FOUR, features, 6, 4);
        assertEquals(0, result.inertia(), 1e-5);
        for (float value : result.centroids()) {
            assertTrue(Float.isFinite(value));
        }
    }

    @Test
    void rowsThatAreNoNumbersAreLeftOutAndSeenInTheInertia() {
        float[] clean = random(12 * 5, 6);
        float[] broken = Arrays.copyOf(clean, 14 * 5);
        broken[12 * 5 + 3] = Float.NaN;
        broken[13 * 5] = Float.NEGATIVE_INFINITY;
        KMeansSettings manyStarts = new KMeansSettings(2, 40, 0, 100, 1e-6, true);

        Clustering expected = cluster(manyStarts, clean, 12, 5);
        Clustering result = cluster(manyStarts, broken, 14, 5);

        assertEquals(Double.NaN, result.inertia());
        assertEquals(0, result.labels()[12]);
        assertEquals(0, result.labels()[13]);
        for (int i = 0; i < 12; i++) {
            boolean together = expected.labels()[i] == expected.labels()[0];
            assertEquals(together, result.labels()[i] == result.labels()[0], "row " + i);
        }
        for (float value : result.centroids()) {
            assertTrue(Float.isFinite(value));
        }
    }

    @Test
    void similaritiesAreThoseOfRowsAndCentroids() {
        for (boolean refined : new boolean[] {false, true}) {
            similaritiesAreThoseOfRowsAndCentroids(20, refined);
            similaritiesAreThoseOfRowsAndCentroids(256, refined);
            similaritiesAreThoseOfRowsAndCentroids(530, refined); // more than are looked at in one go
        }
    }

    private static void similaritiesAreThoseOfRowsAndCentroids(int rows, boolean refined) {
        float[] features = random(rows * 45, 9);
        Clustering result = cluster(new KMeansSettings(3, 2, 1, 100, 1e-6, refined), features, rows, 45);
        for (int i = 0; i < rows; i++) {
            double norm = norm(features, i * 45, 45);
            for (int j = 0; j < 3; j++) {
                double dot = 0;
                for (int c = 0; c < 45; c++) {
                    dot += features[i * 45 + c] / norm * result.centroids()[j * 45 + c];
                }
                assertEquals(dot, result.similarities()[i * 3 + j], 1e-6);
            }
        }
    }

    /** Memory that frames with dead rows and with few different rows have gone through. */
    @Test
    void framesInUsedMemoryGiveTheBitsOfNewMemory() {
        KMeansSettings settings = new KMeansSettings(5, 3, 7, 20, 1e-6, false);
        int rows = 300;
        int width = 37;
        UnitRows x = UnitRows.allocate(rows, width);
        Restarts first = new Restarts(settings, rows, width);
        Restarts second = new Restarts(settings, rows, width);
        Best best = new Best(settings, rows, width);
        for (int frame = 0; frame < 6; frame++) {
            float[] features = random(rows * width, 40 + frame);
            for (int i = 0; i < features.length && frame % 3 > 0; i++) {
                features[i] = frame % 3 == 1 ? Math.round(i / width % 4 * features[i]) : i / width % 3;
            }
            System.arraycopy(features, 0, x.values(), 0, features.length);
            x.prepare();
            first.run(x, frame, 0, 1 + frame % 2);
            second.run(x, frame, 1 + frame % 2, 3);
            best.choose(first, second);
            Clustering expected =
                    new CosineKMeans(settings).cluster(UnitRows.of(features, 0, rows, width), frame, KMeansTrace.NONE);
            assertArrayEquals(expected.labels(), best.labels());
            assertArrayEquals(expected.centroids(), best.centroids());
            assertArrayEquals(expected.similarities(), best.similarities());
            assertEquals(expected.inertia(), best.inertia());
        }
    }

    @Test
    void restartsThatAreMissingOrOutOfOrderAndRowsOfAnotherSizeAreRefused() {
        Restarts first = new Restarts(FOUR, 20, 3);
        Restarts second = new Restarts(FOUR, 20, 3);
        UnitRows x = UnitRows.of(random(60, 1), 0, 20, 3);
        first.run(x, 0, 0, 2);
        second.run(x, 0, 2, 4);
        Best best = new Best(FOUR, 20, 3);
        assertThrows(IllegalArgumentException.class, () -> best.choose(first));
        assertThrows(IllegalArgumentException.class, () -> best.choose(second, first));
        best.choose(first, second);
        UnitRows other = UnitRows.of(random(63, 1), 0, 21, 3);
        assertThrows(IllegalArgumentException.class, () -> first.run(other, 0, 0, 2));
    }

    @Test
    void tooFewRowsAndTooFewValuesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> cluster(FOUR, new float[6], 3, 2));
        assertThrows(IllegalArgumentException.class, () -> UnitRows.of(new float[6], 0, 4, 2));
        assertThrows(IllegalArgumentException.class, () -> UnitRows.allocate(4, 0));
        UnitRows x = UnitRows.of(new float[10], 0, 5, 2);
        assertThrows(
                IllegalArgumentException.class,
                () -> new CosineKMeans(FOUR).cluster(x, new float[7], KMeansTrace.NONE));
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
