package dev.earshot.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.PixelMatching.Norm;
import dev.earshot.tensor.Program;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What only the CPU's form of pixel matching can get wrong: sharing, replaying, keeping numbers between runs. */
class PixelMatchingOpTest {
    private static final List<PixelMatching> SETTINGS = List.of(
            PixelMatching.DEFAULT,
            new PixelMatching(Mode.SCANLINE, 0, 5, 3, Norm.PIXEL, 1, 1),
            new PixelMatching(Mode.SEARCH_2D, 9, 9, 3, Norm.IMAGE, 1, 1),
            new PixelMatching(Mode.LITERAL_ONE_MINUS, 0, PixelMatching.WHOLE_ROW, 1, Norm.NONE, 1, 1));

    private static HostTensor random(long seed, long... dims) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[(int) java.util.Arrays.stream(dims).reduce(1, (x, y) -> x * y)];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return HostTensor.of(values, dims);
    }

    /** A forward and a backward call on tensors that stay where they are. */
    private static final class Fixture implements AutoCloseable {
        private final PixelMatching settings;
        private final Workspace ws;
        private final Tensor f;
        private final Tensor g;
        private final Tensor gradCost;
        private final Tensor cost;
        private final Tensor winners;
        private final Tensor saved;
        private final Tensor gradF;
        private final Tensor gradG;

        private Fixture(Backend b, PixelMatching settings, long anchors) {
            this.settings = settings;
            this.ws = b.workspace(1 << 20);
            this.f = ws.allocate(DType.F32, anchors, 12, 14, 96);
            this.g = ws.allocate(DType.F32, 2 * anchors, 12, 14, 96);
            this.gradCost = b.upload(ws, random(3, 2 * anchors), DType.F32);
            this.cost = ws.allocate(DType.F32, 2 * anchors);
            this.winners = ws.allocate(DType.I32, 2 * anchors, 12, 14);
            this.saved = ws.allocate(DType.F32, 2 * anchors, settings.savedWidth(12, 14));
            this.gradF = ws.allocate(DType.F32, f.shape());
            this.gradG = ws.allocate(DType.F32, g.shape());
        }

        private void load(Backend b, long seed) {
            b.upload(random(seed, f.shape().toArray()), f);
            b.upload(random(seed + 1, g.shape().toArray()), g);
        }

        private void run(Backend b) {
            b.training().fill(gradF, 0);
            b.training().fill(gradG, 0);
            match(b);
        }

        private void match(Backend b) {
            b.pixelMatching(f, g, settings, cost, winners, saved);
            b.training().pixelMatchingBackward(f, g, settings, winners, saved, gradCost, gradF, gradG);
        }

        private float[][] results(Backend b) {
            return new float[][] {b.download(cost), b.download(gradF), b.download(gradG)};
        }

        @Override
        public void close() {
            ws.close();
        }
    }

    @Test
    void anyNumberOfThreadsGivesTheSameBits() {
        for (PixelMatching settings : SETTINGS) {
            for (long anchors : new long[] {1, 3}) {
                float[][] alone = null;
                for (int threads : new int[] {1, 2, 3, 7}) {
                    try (CpuBackend b = new CpuBackend(threads);
                            Fixture fixture = new Fixture(b, settings, anchors)) {
                        fixture.load(b, 5);
                        fixture.run(b);
                        float[][] results = fixture.results(b);
                        alone = alone == null ? results : alone;
                        assertArrayEquals(alone, results, settings + " on " + threads + " threads");
                    }
                }
            }
        }
    }

    @Test
    void aSecondRunOnOtherFeaturesForgetsTheFirst() {
        for (PixelMatching settings : SETTINGS) {
            try (CpuBackend b = new CpuBackend(2);
                    Fixture used = new Fixture(b, settings, 1);
                    Fixture fresh = new Fixture(b, settings, 1)) {
                used.load(b, 5);
                used.run(b);
                used.load(b, 8);
                used.run(b);
                fresh.load(b, 8);
                fresh.run(b);
                assertArrayEquals(fresh.results(b), used.results(b), settings.toString());
            }
        }
    }

    /** Equal pixels must give equal products in every tile and tail of oneDNN's kernels, or ties would not be ties. */
    @Test
    void equalPixelsTieExactlyAtEveryWidth() {
        try (CpuBackend b = new CpuBackend(2)) {
            for (int width = 1; width <= 40; width++) {
                try (Workspace ws = b.workspace(1 << 20)) {
                    Tensor first = b.upload(ws, random(width, 1, 2, 1, 37), DType.F32);
                    Tensor second = b.upload(ws, random(-width, 1, 2, 1, 37), DType.F32);
                    Tensor f = ws.allocate(DType.F32, 1, 2, width, 37);
                    Tensor g = ws.allocate(DType.F32, 1, 2, width, 37);
                    b.copy(first.broadcast(1, 2, width, 37), f);
                    b.copy(second.broadcast(1, 2, width, 37), g);
                    Tensor winners = ws.allocate(DType.I32, 1, 2, width);
                    Tensor saved = ws.allocate(DType.F32, 1, PixelMatching.DEFAULT.savedWidth(2, width));
                    b.pixelMatching(f, g, PixelMatching.DEFAULT, ws.allocate(DType.F32, 1), winners, saved);
                    long still = width - 1L;
                    long[] chosen = b.downloadIntegers(winners);
                    assertTrue(java.util.Arrays.stream(chosen).allMatch(k -> k == still), "width " + width);
                }
            }
        }
    }

    @Test
    void productsThatDoNotFitAreMadeForSomeAnchorsAtATime() {
        PixelMatching whole = new PixelMatching(Mode.SEARCH_2D, 40, 40, 1, Norm.IMAGE, 1, 1);
        try (CpuBackend b = new CpuBackend(2);
                Workspace ws = b.workspace(1 << 20)) {
            Tensor f = b.upload(ws, random(1, 3, 41, 43, 8), DType.F32); // 12 MB of products each
            Tensor g = b.upload(ws, random(2, 3, 41, 43, 8), DType.F32);
            float[] together = costs(b, ws, f, g, whole);
            for (int i = 0; i < 3; i++) {
                float[] one = costs(b, ws, f.slice(0, i, i + 1), g.slice(0, i, i + 1), whole);
                assertEquals(one[0], together[i]);
            }
            assertTrue(together[0] != together[1]);
        }
    }

    private static float[] costs(Backend b, Workspace ws, Tensor f, Tensor g, PixelMatching settings) {
        Tensor cost = ws.allocate(DType.F32, f.dim(0));
        Tensor winners = ws.allocate(DType.I32, f.dim(0), f.dim(1), f.dim(2));
        Tensor saved = ws.allocate(DType.F32, f.dim(0), settings.savedWidth(f.dim(1), f.dim(2)));
        b.pixelMatching(f, g, settings, cost, winners, saved);
        return b.download(cost);
    }

    @Test
    void aReplayAllocatesNothing() {
        for (PixelMatching settings : SETTINGS) {
            try (CpuBackend b = new CpuBackend(1);
                    Fixture fixture = new Fixture(b, settings, 2)) {
                fixture.load(b, 5);
                var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
                try (Program program = b.capture(fixture::match)) {
                    long least = Long.MAX_VALUE;
                    // The JVM itself allocates while it compiles: some runs are clean once it has.
                    for (int attempt = 0; attempt < 50 && least > 0; attempt++) {
                        long before = threads.getCurrentThreadAllocatedBytes();
                        for (int i = 0; i < 20; i++) {
                            program.run();
                        }
                        least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
                    }
                    assertEquals(0, least, "bytes allocated by 20 runs, " + settings);
                }
            }
        }
    }
}
