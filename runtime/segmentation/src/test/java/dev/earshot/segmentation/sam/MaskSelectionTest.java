package dev.earshot.segmentation.sam;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.segmentation.PixelBox;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskSelectionTest {
    private static final int LOW = 10;

    /** Blobs of random place and size with noise, some empty, some with a logit that is no number. */
    private static final class RandomNetwork implements ScalarSelection.Network {
        private final long seed;
        private final int masksPerPoint;
        private final SamTransform transform = new SamTransform(40);

        RandomNetwork(long seed, int masksPerPoint) {
            this.seed = seed;
            this.masksPerPoint = masksPerPoint;
        }

        @Override
        public MaskResize resize(Crop crop) {
            return transform.geometry(crop.box().width(), crop.box().height()).maskResize();
        }

        @Override
        public List<ScalarSelection.Candidate> candidates(Crop crop, double[] points) {
            Random random = new Random(seed * 31 + crop.hashCode());
            List<ScalarSelection.Candidate> candidates = new ArrayList<>();
            for (int i = 0; i < points.length; i += 2) {
                for (int m = 0; m < masksPerPoint; m++) {
                    float iou = 0.5f + random.nextInt(8) / 16f; // ties
                    candidates.add(new ScalarSelection.Candidate(blob(random), iou, points[i], points[i + 1]));
                }
            }
            return candidates;
        }

        private static float[][] blob(Random random) {
            double x0 = random.nextInt(3) * LOW / 3.0 + 1;
            double y0 = random.nextInt(3) * LOW / 3.0 + 1;
            double radius = 1 + random.nextInt(4);
            double steep = 3 + random.nextInt(10);
            float[][] logits = new float[LOW][LOW];
            for (int y = 0; y < LOW; y++) {
                for (int x = 0; x < LOW; x++) {
                    double distance = Math.hypot(x - x0, y - y0);
                    logits[y][x] = (float) (steep * (radius - distance) + random.nextGaussian());
                }
            }
            int kind = random.nextInt(12);
            if (kind == 0) {
                logits = new float[LOW][LOW]; // 0 is not above 0
            } else if (kind == 1) {
                logits[random.nextInt(LOW)][random.nextInt(LOW)] = Float.NaN;
            }
            return logits;
        }
    }

    /** The same answers for the code under test, in passes of its own. */
    private static final class Source implements CandidateSource {
        private final Backend backend;
        private final RandomNetwork network;
        private final GeneratorSettings settings;
        private int largestBatch;

        Source(Backend backend, RandomNetwork network, GeneratorSettings settings) {
            this.backend = backend;
            this.network = network;
            this.settings = settings;
        }

        @Override
        public View open(Crop crop) {
            PixelBox box = crop.box();
            double[] all = settings.grid(crop.layer()).in(box.width(), box.height());
            List<ScalarSelection.Candidate> candidates = network.candidates(crop, all);
            return new View() {
                private int next;

                @Override
                public MaskResize resize() {
                    return network.resize(crop);
                }

                @Override
                public void decode(double[] points, Sink sink) {
                    int count = points.length / 2;
                    largestBatch = Math.max(largestBatch, count);
                    for (int from = 0; from < count; from += 3) {
                        int some = Math.min(3, count - from) * network.masksPerPoint;
                        pass(candidates.subList(next, next + some), from, sink);
                        next += some;
                    }
                }

                @Override
                public void close() {
                    assertEquals(candidates.size(), next, "every point asked once");
                }
            };
        }

        private void pass(List<ScalarSelection.Candidate> some, int firstPoint, Sink sink) {
            float[] values = new float[some.size() * LOW * LOW];
            float[] ious = new float[some.size()];
            for (int i = 0; i < ious.length; i++) {
                ious[i] = some.get(i).iou();
                for (int y = 0; y < LOW; y++) {
                    System.arraycopy(some.get(i).logits()[y], 0, values, (i * LOW + y) * LOW, LOW);
                }
            }
            int masks = network.masksPerPoint;
            try (Workspace ws = backend.workspace(0)) {
                HostTensor host = HostTensor.of(values, ious.length / masks, masks, LOW, LOW);
                Tensor logits = backend.upload(ws, host, DType.F32);
                sink.accept(firstPoint, logits, ious);
            }
        }
    }

    private static GeneratorSettings settings(Random random) {
        return GeneratorSettings.builder()
                .pointsPerSide(2 + random.nextInt(4))
                .pointsPerBatch(1 + random.nextInt(9))
                .predictedIouThreshold(random.nextInt(3) == 0 ? 0 : 0.5f + random.nextInt(4) / 16f)
                .stabilityThreshold(random.nextInt(4) == 0 ? 0 : 0.7f)
                .stabilityOffset(0.5f + random.nextInt(2))
                .maskThreshold(random.nextInt(2) * 0.3f)
                .boxNmsThreshold(0.3 + 0.1 * random.nextInt(6))
                .cropNmsThreshold(0.3 + 0.1 * random.nextInt(6))
                .cropLayers(random.nextInt(3))
                .cropPointsDownscale(1 + random.nextInt(1))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"reference", "cpu"})
    void recordsOfRandomLogitsMatchTheScalarStatement(String name) {
        int masks = 0;
        try (Backend backend = Backends.open(name)) {
            for (int seed = 0; seed < 25; seed++) {
                Random random = new Random(seed);
                int width = 1 + random.nextInt(120);
                int height = 1 + random.nextInt(120);
                GeneratorSettings settings = settings(random);
                RandomNetwork network = new RandomNetwork(seed, 1 + random.nextInt(3));
                Source source = new Source(backend, network, settings);
                try (MaskSelection selection = new MaskSelection(backend, settings)) {
                    List<GeneratedMask> got = selection.select(source, width, height);
                    List<GeneratedMask> expected = new ScalarSelection(settings, width, height).select(network);
                    assertEquals(expected, got, "seed " + seed + ", " + width + " x " + height);
                    masks += got.size();
                }
                assertTrue(source.largestBatch <= settings.pointsPerBatch());
            }
        }
        assertTrue(masks > 200, "enough to tell: " + masks);
    }

    /** 1 x 1, one row or column, and 20,000 pixels long, with crops. */
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 37", "20000, 1", "3, 20000"})
    void picturesOfExtremeShapeMatchTheScalarStatement(int width, int height) {
        GeneratorSettings settings = GeneratorSettings.builder()
                .pointsPerSide(2)
                .predictedIouThreshold(0.6f)
                .stabilityThreshold(0.3f)
                .cropLayers(1)
                .build();
        try (Backend backend = Backends.open("cpu");
                MaskSelection selection = new MaskSelection(backend, settings)) {
            RandomNetwork network = new RandomNetwork(11, 3);
            List<GeneratedMask> got = selection.select(new Source(backend, network, settings), width, height);
            assertEquals(new ScalarSelection(settings, width, height).select(network), got);
            assertFalse(got.isEmpty());
        }
    }

    /** By the rows that the two expensive ops are given. */
    @Test
    void onlyCandidatesThatPassAreEnlargedAndOnlyMasksThatPassAreMade() {
        long[] rows = new long[2];
        try (Backend backend = Backends.open("cpu")) {
            InvocationHandler counting = (proxy, method, arguments) -> {
                if (method.getName().equals("measureMasks")) {
                    rows[0] += ((Tensor) arguments[0]).dim(0);
                } else if (method.getName().equals("maskBits")) {
                    rows[1] += ((Tensor) arguments[1]).dim(0);
                }
                return method.invoke(backend, arguments);
            };
            Backend counted = (Backend)
                    Proxy.newProxyInstance(Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, counting);
            GeneratorSettings settings = GeneratorSettings.builder()
                    .pointsPerSide(6)
                    .predictedIouThreshold(0.7f)
                    .stabilityThreshold(0.75f)
                    .boxNmsThreshold(1) // keeps everything that passes the other tests
                    .build();
            RandomNetwork network = new RandomNetwork(9, 3);
            List<ScalarSelection.Candidate> all = network.candidates(
                    settings.crops(70, 50).getFirst(), settings.grid(0).in(70, 50));
            try (MaskSelection selection = new MaskSelection(counted, settings)) {
                List<GeneratedMask> masks = selection.select(new Source(counted, network, settings), 70, 50);
                assertEquals(all.stream().filter(c -> c.iou() > 0.7f).count(), rows[0]);
                assertEquals(masks.size(), rows[1]);
                assertTrue(rows[0] < all.size() && rows[1] < rows[0] && rows[1] > 0);
            }
        }
    }

    @Test
    void batchesChangeNothing() {
        try (Backend backend = Backends.open("cpu")) {
            RandomNetwork network = new RandomNetwork(3, 3);
            List<List<GeneratedMask>> results = new ArrayList<>();
            for (int batch : new int[] {1, 5, 1000}) {
                GeneratorSettings settings = GeneratorSettings.builder()
                        .pointsPerSide(6)
                        .pointsPerBatch(batch)
                        .predictedIouThreshold(0.6f)
                        .stabilityThreshold(0.6f)
                        .build();
                try (MaskSelection selection = new MaskSelection(backend, settings)) {
                    results.add(selection.select(new Source(backend, network, settings), 80, 60));
                }
            }
            assertFalse(results.getFirst().isEmpty());
            assertEquals(results.get(0), results.get(1));
            assertEquals(results.get(0), results.get(2));
        }
    }

    @Test
    void smallRegionsGoFromEveryMask() {
        try (Backend backend = Backends.open("cpu")) {
            GeneratorSettings settings = GeneratorSettings.builder()
                    .pointsPerSide(6)
                    .predictedIouThreshold(0)
                    .stabilityThreshold(0.5f)
                    .minRegionArea(40)
                    .build();
            RandomNetwork network = new RandomNetwork(4, 3);
            try (MaskSelection selection = new MaskSelection(backend, settings)) {
                List<GeneratedMask> masks = selection.select(new Source(backend, network, settings), 90, 70);
                assertFalse(masks.isEmpty());
                for (GeneratedMask mask : masks) {
                    SmallRegions.Cleaned again = SmallRegions.clean(mask.mask(), 40);
                    assertEquals(mask.mask(), again.mask());
                    assertEquals(mask.box(), MaskBox.of(mask.mask()));
                }
            }
        }
    }

    @Test
    void aSideTwentyPixelsFromTheCropsIsNearAndOneMoreIsNot() {
        PixelBox crop = new PixelBox(100, 100, 300, 300);
        assertTrue(MaskSelection.isNearCropEdge(new MaskBox(120, 150, 200, 200), crop, 400, 400));
        assertFalse(MaskSelection.isNearCropEdge(new MaskBox(121, 150, 200, 200), crop, 400, 400));
        assertTrue(MaskSelection.isNearCropEdge(new MaskBox(150, 150, 280, 200), crop, 400, 400));
        assertFalse(MaskSelection.isNearCropEdge(new MaskBox(150, 150, 279, 200), crop, 400, 400));
        assertFalse(MaskSelection.isNearCropEdge(new MaskBox(150, 150, 290, 200), crop, 310, 400), "near both");
    }
}
