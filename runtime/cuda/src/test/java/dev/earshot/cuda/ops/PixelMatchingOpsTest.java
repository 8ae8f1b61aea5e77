package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.PixelMatching.Norm;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What only the kernels of pixel matching can get wrong: borders of their tiles, views, groups, slabs. */
class PixelMatchingOpsTest {
    /** Of costs and gradients against the reference in fp64. */
    private static final double TOLERANCE = 1e-12;

    /** A pixel of one channel finds one that is nearly equal; cost and gradient are their small difference (2e-11). */
    private static final double ONE_CHANNEL_TOLERANCE = 1e-10;

    private static final PixelMatching ROWS = PixelMatching.DEFAULT;
    private static final PixelMatching BAND = new PixelMatching(Mode.SCANLINE, 0, 5, 3, Norm.PIXEL, 1, 1);
    private static final PixelMatching SQUARE = new PixelMatching(Mode.SEARCH_2D, 1, 3, 1, Norm.PIXEL, 1, 0.5f);
    private static final PixelMatching WINDOW = new PixelMatching(Mode.SEARCH_2D, 9, 9, 3, Norm.IMAGE, 1, 1);
    private static final PixelMatching LITERAL =
            new PixelMatching(Mode.LITERAL_ONE_MINUS, 0, PixelMatching.WHOLE_ROW, 1, Norm.NONE, 1, 1);
    private static final List<PixelMatching> SETTINGS = List.of(ROWS, BAND, SQUARE, WINDOW, LITERAL);

    static List<String> backends() {
        return TestBackends.names().toList();
    }

    /** Features and upstream gradients: f [anchors, h, w, c], g [groups anchors, h, w, c]. */
    private record Features(float[] f, float[] g, float[] gradCost, int anchors, int groups, long[] image) {
        static Features random(long seed, int anchors, int groups, long... image) {
            int size = Math.toIntExact(image[0] * image[1] * image[2]);
            return new Features(
                    values(seed, anchors * size),
                    values(seed + 1, groups * anchors * size),
                    values(seed + 2, groups * anchors),
                    anchors,
                    groups,
                    image);
        }

        int size() {
            return Math.toIntExact(image[0] * image[1] * image[2]);
        }

        /** One anchor with one of its grids. */
        Features pair(int group, int anchor) {
            int sample = group * anchors + anchor;
            return new Features(
                    Arrays.copyOfRange(f, anchor * size(), (anchor + 1) * size()),
                    Arrays.copyOfRange(g, sample * size(), (sample + 1) * size()),
                    new float[] {gradCost[sample]},
                    1,
                    1,
                    image);
        }
    }

    private record Results(float[] cost, long[] winners, float[] gradF, float[] gradG) {
        void assertSame(Results other, String message) {
            assertArrayEquals(cost, other.cost, message);
            assertArrayEquals(winners, other.winners, message);
            assertArrayEquals(gradF, other.gradF, message);
            assertArrayEquals(gradG, other.gradG, message);
        }

        void assertClose(Results truth, double tolerance, String message) {
            assertArrayEquals(truth.winners, winners, message);
            close(truth.cost, cost, tolerance, message + " cost");
            close(truth.gradF, gradF, tolerance, message + " gradF");
            close(truth.gradG, gradG, tolerance, message + " gradG");
        }

        private static void close(float[] expected, float[] actual, double tolerance, String message) {
            double error = Comparison.nmse(wide(expected), wide(actual));
            assertTrue(error <= tolerance, message + ": normalised mean squared error " + error);
        }

        private static double[] wide(float[] x) {
            double[] y = new double[x.length];
            Arrays.setAll(y, i -> x[i]);
            return y;
        }
    }

    private static float[] values(long seed, int n) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** How a tensor lies in a larger buffer of [samples, h + rows, w + columns, c + channels]. */
    private record Padding(int rows, int columns, int before, int after) {
        static final Padding NONE = new Padding(0, 0, 0, 0);

        Tensor view(Backend b, Workspace ws, float[] values, long samples, long[] image) {
            Tensor dense = b.upload(ws, HostTensor.of(values, samples, image[0], image[1], image[2]), DType.F32);
            if (this == NONE) {
                return dense;
            }
            Tensor buffer =
                    ws.allocate(DType.F32, samples, image[0] + rows, image[1] + columns, image[2] + before + after);
            b.training().fill(buffer, Float.NaN);
            Tensor view = buffer.slice(1, 0, image[0])
                    .slice(2, columns, columns + image[1])
                    .slice(3, before, before + image[2]);
            b.copy(dense, view);
            return view;
        }
    }

    private static Results run(Backend b, PixelMatching settings, Features x, Padding padding) {
        try (Workspace ws = b.workspace(1 << 20)) {
            int samples = x.anchors() * x.groups();
            Tensor f = padding.view(b, ws, x.f(), x.anchors(), x.image());
            Tensor g = padding.view(b, ws, x.g(), samples, x.image());
            Tensor gradF = padding.view(b, ws, new float[x.f().length], x.anchors(), x.image());
            Tensor gradG = padding.view(b, ws, new float[x.g().length], samples, x.image());
            Tensor upstream = b.upload(ws, HostTensor.of(x.gradCost(), samples), DType.F32);
            Tensor cost = ws.allocate(DType.F32, samples);
            Tensor winners = ws.allocate(DType.I32, samples, x.image()[0], x.image()[1]);
            Tensor saved = ws.allocate(DType.F32, samples, settings.savedWidth(x.image()[0], x.image()[1]));
            b.pixelMatching(f, g, settings, cost, winners, saved);
            b.training().pixelMatchingBackward(f, g, settings, winners, saved, upstream, gradF, gradG);
            return new Results(b.download(cost), b.downloadIntegers(winners), b.download(gradF), b.download(gradG));
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void sizesRoundTheBordersOfTheTilesMatchTheReference(String name) {
        long[][] images = {
            {2, 1, 7},
            {2, 15, 1},
            {1, 15, 3},
            {3, 16, 4},
            {2, 17, 127},
            {2, 33, 129},
            {1, 64, 31},
            {3, 43, 8},
            {5, 13, 257},
            {1, 16, 1280}
        };
        try (Backend b = Backends.open(name);
                Backend truth = new ReferenceBackend()) {
            for (long[] image : images) {
                Features x = Features.random(image[2], 1, 2, image);
                for (PixelMatching s : SETTINGS) {
                    if (image[2] == 1 && s.norm() == Norm.PIXEL) {
                        continue; // nothing but signs remain: candidates tie but for rounding
                    }
                    double tolerance = image[2] == 1 ? ONE_CHANNEL_TOLERANCE : TOLERANCE;
                    run(b, s, x, Padding.NONE)
                            .assertClose(run(truth, s, x, Padding.NONE), tolerance, Arrays.toString(image) + " " + s);
                }
            }
        }
    }

    /** Which loads are used must not show in the results, nor what lies beside a view. */
    @ParameterizedTest
    @MethodSource("backends")
    void viewsGiveTheBitsOfDenseTensors(String name) {
        List<Padding> paddings = List.of(
                new Padding(0, 0, 4, 4), // vectors of four from rows of twice the length
                new Padding(0, 0, 1, 3), // aligned rows, misaligned first element
                new Padding(0, 0, 4, 1), // misaligned rows
                new Padding(2, 3, 2, 2)); // axes that cannot be merged
        try (Backend b = Backends.open(name)) {
            for (PixelMatching s : SETTINGS) {
                Features x = Features.random(3, 2, 2, 4, 18, 12);
                Results dense = run(b, s, x, Padding.NONE);
                for (Padding padding : paddings) {
                    dense.assertSame(run(b, s, x, padding), s + " " + padding);
                }
            }
        }
    }

    /** A pair of grids gives the same bits alone and among others, so that results do not depend on the batch. */
    @ParameterizedTest
    @MethodSource("backends")
    void everyPairOfGridsIsMatchedOnItsOwn(String name) {
        try (Backend b = Backends.open(name)) {
            for (PixelMatching s : SETTINGS) {
                for (int groups = 1; groups <= 3; groups++) {
                    Features x = Features.random(groups, 2, groups, 3, 11, 20);
                    Results together = run(b, s, x, Padding.NONE);
                    for (int sample = 0; sample < 2 * groups; sample++) {
                        Results alone = run(b, s, x.pair(sample / 2, sample % 2), Padding.NONE);
                        assertEquals(alone.cost()[0], together.cost()[sample], s + " cost " + sample);
                        int pixels = alone.winners().length;
                        assertArrayEquals(
                                alone.winners(),
                                Arrays.copyOfRange(together.winners(), sample * pixels, (sample + 1) * pixels));
                        assertArrayEquals(
                                alone.gradG(),
                                Arrays.copyOfRange(together.gradG(), sample * x.size(), (sample + 1) * x.size()),
                                s + " gradient " + sample);
                    }
                }
            }
        }
    }

    /** Equal pixels must give equal products in every tile and tail, or ties would not be ties. */
    @ParameterizedTest
    @MethodSource("backends")
    void equalPixelsTieExactlyWhateverTheWidth(String name) {
        PixelMatching still2d = new PixelMatching(Mode.SEARCH_2D, 1, 40, 1, Norm.IMAGE, 1, 1);
        try (Backend b = Backends.open(name)) {
            for (int width : new int[] {1, 2, 5, 8, 15, 16, 17, 31, 32, 33, 35}) {
                try (Workspace ws = b.workspace(1 << 20)) {
                    Tensor f = equalPixels(b, ws, width, 37);
                    Tensor g = equalPixels(b, ws, width, 37);
                    Tensor winners = ws.allocate(DType.I32, 1, 2, width);
                    Tensor saved = ws.allocate(DType.F32, 1, ROWS.savedWidth(2, width));
                    Tensor cost = ws.allocate(DType.F32, 1);
                    b.pixelMatching(f, g, ROWS, cost, winners, saved);
                    long still = width - 1L;
                    assertTrue(Arrays.stream(b.downloadIntegers(winners)).allMatch(k -> k == still), "width " + width);
                    b.pixelMatching(f, g, still2d, cost, winners, saved);
                    long still2 = 81 + 40;
                    assertTrue(Arrays.stream(b.downloadIntegers(winners)).allMatch(k -> k == still2), "width " + width);
                }
            }
        }
    }

    /** [1, 2, width, channels] with one and the same pixel everywhere. */
    private static Tensor equalPixels(Backend b, Workspace ws, int width, int channels) {
        Tensor pixel = b.upload(ws, HostTensor.of(values(width, channels), 1, 1, 1, channels), DType.F32);
        Tensor x = ws.allocate(DType.F32, 1, 2, width, channels);
        b.copy(pixel.broadcast(1, 2, width, channels), x);
        return x;
    }

    @ParameterizedTest
    @MethodSource("backends")
    void productsThatDoNotFitAreMadeForSomeAnchorsAtATime(String name) {
        PixelMatching whole = new PixelMatching(Mode.SEARCH_2D, 40, 47, 1, Norm.IMAGE, 1, 1);
        int anchors = 5;
        try (Backend b = Backends.open(name)) {
            Features x = Features.random(4, anchors, 1, 41, 48, 4); // 15.5 MB of products each, 64 MiB at a time
            Results together = run(b, whole, x, Padding.NONE);
            for (int i : new int[] {0, 3, 4}) {
                Results alone = run(b, whole, x.pair(0, i), Padding.NONE);
                assertEquals(alone.cost()[0], together.cost()[i]);
                int pixels = alone.winners().length;
                assertArrayEquals(
                        alone.winners(), Arrays.copyOfRange(together.winners(), i * pixels, (i + 1) * pixels));
            }
            assertTrue(together.cost()[3] != together.cost()[4]);
        }
    }
}
