package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.kmeans.Clustering;
import dev.earshot.tensor.kmeans.CosineKMeans;
import dev.earshot.tensor.kmeans.KMeansTrace;
import dev.earshot.tensor.kmeans.UnitRows;
import dev.earshot.tensor.testing.TestBackends;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Cosine k-means on every backend: the bits of the clustering on the host, frame by frame, whatever the rows: duplicates
 * that tie, rows that are dead or no numbers, clusters that run empty, as many clusters as rows.
 */
class CosineKMeansOpTest {
    static Stream<String> backends() {
        return TestBackends.names();
    }

    /** Rows of several frames. */
    private record Features(int frames, int rows, int width, float[] values) {
        static Features of(int frames, int rows, int width, IntFunction<Float> value) {
            float[] values = new float[frames * rows * width];
            for (int i = 0; i < values.length; i++) {
                values[i] = value.apply(i);
            }
            return new Features(frames, rows, width, values);
        }

        static Features gaussian(int frames, int rows, int width, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            return of(frames, rows, width, i -> (float) random.nextGaussian());
        }

        /** Few different values, so that many rows are equal, opposite or zero. */
        static Features coarse(int frames, int rows, int width, long seed) {
            SplittableRandom random = new SplittableRandom(seed);
            return of(frames, rows, width, i -> (float) random.nextInt(-1, 2));
        }
    }

    private static KMeansSettings settings(int clusters, int restarts, boolean hartigan) {
        return new KMeansSettings(clusters, restarts, 11, 25, 1e-6, hartigan);
    }

    /** Runs the op and compares all of its results with those of the host. */
    private static void check(Backend b, Features f, KMeansSettings settings) {
        int[] numbers = new int[f.frames];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = 5 + 3 * i;
        }
        int clusters = settings.clusters();
        try (Workspace ws = b.workspace(1 << 16)) {
            Tensor x = b.upload(ws, HostTensor.of(f.values, f.frames, f.rows, f.width), DType.F32);
            Tensor indices = ws.allocate(DType.I32, f.frames);
            b.upload(new HostTensor(MemorySegment.ofArray(numbers), DType.I32, Shape.of(f.frames)), indices);
            Tensor labels = ws.allocate(DType.I32, f.frames, f.rows);
            Tensor centroids = ws.allocate(DType.F32, f.frames, clusters, f.width);
            Tensor similarities = ws.allocate(DType.F32, f.frames, f.rows, clusters);
            Tensor inertia = ws.allocate(DType.F32, f.frames);
            b.cosineKMeans(x, indices, settings, labels, centroids, similarities, inertia);
            for (int i = 0; i < f.frames; i++) {
                UnitRows rows = UnitRows.of(f.values, i * f.rows * f.width, f.rows, f.width);
                Clustering expected = new CosineKMeans(settings).cluster(rows, numbers[i], KMeansTrace.NONE);
                String what = "%d x %d, %s, frame %d".formatted(f.rows, f.width, settings, i);
                long[] wide = Arrays.stream(expected.labels()).asLongStream().toArray();
                assertArrayEquals(wide, b.downloadIntegers(labels.select(0, i)), what);
                assertArrayEquals(expected.centroids(), b.download(centroids.select(0, i)), what);
                assertArrayEquals(expected.similarities(), b.download(similarities.select(0, i)), what);
                assertEquals((float) expected.inertia(), b.download(inertia)[i], what);
            }
        }
    }

    private static void on(String name, java.util.function.Consumer<Backend> body) {
        try (Backend backend = Backends.open(name)) {
            body.accept(backend);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void randomRowsOfManyWidthsGiveTheBitsOfTheHost(String name) {
        on(name, b -> {
            int[] widths = {1, 2, 3, 4, 5, 31, 32, 33, 63, 65, 127, 129, 640};
            for (int i = 0; i < widths.length; i++) {
                check(b, Features.gaussian(2, 21 + i, widths[i], i), settings(1 + i % 6, 1 + i % 3, false));
            }
        });
    }

    @Test
    void framesThatWorkersShareGiveTheBitsOfTheHost() {
        TestBackends.require("cpu");
        for (int workers = 1; workers <= 4; workers++) {
            on("cpu:" + workers, b -> {
                check(b, Features.gaussian(5, 120, 70, 1), settings(4, 4, false));
                check(b, Features.gaussian(1, 300, 65, 2), settings(3, 3, true));
                check(b, Features.gaussian(3, 100, 64, 3), settings(4, 1, false));
            });
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void equalAndOppositeAndDeadRowsGiveTheBitsOfTheHost(String name) {
        on(name, b -> {
            for (int seed = 0; seed < 8; seed++) {
                int width = 1 + seed % 4;
                check(b, Features.coarse(2, 12 + 7 * seed, width, seed), settings(2 + seed, 2, seed % 2 == 1));
            }
            check(b, Features.of(1, 9, 5, i -> 1f), settings(4, 2, false));
            check(b, Features.of(2, 9, 5, i -> 0f), settings(4, 2, true));
            check(b, Features.of(1, 12, 1, i -> i == 7 ? 1f : 0f), settings(3, 2, false));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void asManyClustersAsRowsAndOneClusterGiveTheBitsOfTheHost(String name) {
        on(name, b -> {
            check(b, Features.gaussian(2, 17, 9, 1), settings(17, 2, false));
            check(b, Features.gaussian(1, 40, 3, 2), settings(40, 1, true));
            check(b, Features.gaussian(2, 70, 9, 3), settings(1, 2, false));
            check(b, Features.gaussian(1, 1, 1, 4), settings(1, 3, true));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void refinementAndManyClustersGiveTheBitsOfTheHost(String name) {
        on(name, b -> {
            check(b, Features.gaussian(2, 64, 16, 5), settings(4, 3, true));
            check(b, Features.gaussian(1, 150, 7, 6), settings(35, 2, true));
            check(b, Features.gaussian(1, 200, 33, 7), settings(70, 1, false));
            check(b, Features.gaussian(1, 300, 20, 8), new KMeansSettings(9, 2, -3, 3, 0, false));
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void rowsThatAreNoNumbersCountForNothing(String name) {
        on(name, b -> {
            Features f = Features.gaussian(2, 30, 6, 9);
            f.values[6 * 4 + 1] = Float.NaN;
            f.values[6 * 11] = Float.POSITIVE_INFINITY;
            f.values[6 * 12 + 5] = 1e38f; // its square is no fp32 number
            f.values[6 * 20] = 1e-30f;
            check(b, f, settings(4, 2, false));
            check(b, f, settings(3, 2, true));
        });
    }

    /** On all threads, after the first calls made the memory; the least of many calls, since the JVM allocates at times. */
    @Test
    void clusteringAgainAllocatesNothingOfTheFeaturesSize() {
        TestBackends.require("cpu");
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        on("cpu:2", b -> {
            try (Workspace ws = b.workspace(1 << 20)) {
                Features f = Features.gaussian(3, 256, 128, 4);
                Tensor x = b.upload(ws, HostTensor.of(f.values, f.frames, f.rows, f.width), DType.F32);
                Tensor indices = ws.allocate(DType.I32, f.frames);
                Tensor labels = ws.allocate(DType.I32, f.frames, f.rows);
                Tensor centroids = ws.allocate(DType.F32, f.frames, 4, f.width);
                Tensor similarities = ws.allocate(DType.F32, f.frames, f.rows, 4);
                Tensor inertia = ws.allocate(DType.F32, f.frames);
                HostTensor zeros = new HostTensor(MemorySegment.ofArray(new int[f.frames]), DType.I32, indices.shape());
                b.upload(zeros, indices);
                try (Program program = b.capture(c ->
                        c.cosineKMeans(x, indices, KMeansSettings.DEFAULT, labels, centroids, similarities, inertia))) {
                    long least = Long.MAX_VALUE;
                    for (int call = 0; call < 60; call++) {
                        long before = threads.getTotalThreadAllocatedBytes();
                        program.run();
                        least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
                    }
                    assertTrue(least <= 1024, least + " bytes");
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("backends")
    void wrongArgumentsAreNamed(String name) {
        on(name, b -> {
            try (Workspace ws = b.workspace(1 << 16)) {
                Tensor x = ws.allocate(DType.F32, 2, 6, 5);
                Tensor numbers = ws.allocate(DType.I32, 2);
                Tensor labels = ws.allocate(DType.I32, 2, 6);
                Tensor centroids = ws.allocate(DType.F32, 2, 4, 5);
                Tensor cosines = ws.allocate(DType.F32, 2, 6, 4);
                Tensor inertia = ws.allocate(DType.F32, 2);
                KMeansSettings four = KMeansSettings.DEFAULT;
                refused(
                        "cosineKMeans x: expected [frames, at least 4 rows for as many clusters, C], got f32 [2, 3, 5]",
                        () -> b.cosineKMeans(x.slice(1, 0, 3), numbers, four, labels, centroids, cosines, inertia));
                refused(
                        "cosineKMeans x: expected an innermost stride of 1",
                        () -> b.cosineKMeans(x.transpose(1, 2), numbers, four, labels, centroids, cosines, inertia));
                refused(
                        "cosineKMeans indices: expected dtype [I32], got f32 [2]",
                        () -> b.cosineKMeans(x, inertia, four, labels, centroids, cosines, inertia));
                refused(
                        "cosineKMeans labels: expected shape [2, 6], got i32 [2]",
                        () -> b.cosineKMeans(x, numbers, four, numbers, centroids, cosines, inertia));
                refused(
                        "cosineKMeans centroids: expected shape [2, 4, 5], got f32 [2, 6, 5]",
                        () -> b.cosineKMeans(x, numbers, four, labels, x, cosines, inertia));
                refused(
                        "cosineKMeans similarities: expected a contiguous tensor, got f32 [2, 6, 4] strides",
                        () -> b.cosineKMeans(
                                x,
                                numbers,
                                four,
                                labels,
                                centroids,
                                ws.allocate(DType.F32, 2, 4, 6).transpose(1, 2),
                                inertia));
                refused(
                        "cosineKMeans inertia: expected shape [2], got f32 [1]",
                        () -> b.cosineKMeans(x, numbers, four, labels, centroids, cosines, inertia.slice(0, 0, 1)));
            }
        });
    }

    private static void refused(String message, Runnable call) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call::run);
        assertTrue(e.getMessage().startsWith(message), e::getMessage);
    }
}
