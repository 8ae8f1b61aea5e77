package dev.earshot.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.PixelMatching.Norm;
import dev.earshot.tensor.testing.TestBackends;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Pixel matching on every backend: gradients by finite differences, ties, features that are not numbers. */
class PixelMatchingTest {
    private static final int ANCHORS = 2;
    private static final int GROUPS = 2;
    private static final int HEIGHT = 3;
    private static final int WIDTH = 4;
    private static final int CHANNELS = 5;
    private static final int PIXELS = HEIGHT * WIDTH;
    private static final int SIZE = PIXELS * CHANNELS;

    static Stream<String> backends() {
        return TestBackends.names();
    }

    /** Results of one forward and one backward call. */
    private record Results(float[] costs, long[] winners, float[] gradF, float[] gradG) {}

    private static Results run(
            Backend b, PixelMatching settings, float[] f, float[] g, float[] weights, float[] gradCost) {
        try (Workspace ws = b.workspace(1 << 16)) {
            Tensor x = b.upload(ws, HostTensor.of(f, ANCHORS, HEIGHT, WIDTH, CHANNELS), DType.F32);
            Tensor y = b.upload(ws, HostTensor.of(g, ANCHORS * GROUPS, HEIGHT, WIDTH, CHANNELS), DType.F32);
            Tensor w = b.upload(ws, HostTensor.of(weights, ANCHORS, HEIGHT, WIDTH), DType.F32);
            Tensor upstream = b.upload(ws, HostTensor.of(gradCost, ANCHORS * GROUPS), DType.F32);
            Tensor cost = ws.allocate(DType.F32, ANCHORS * GROUPS);
            Tensor winners = ws.allocate(DType.I32, ANCHORS * GROUPS, HEIGHT, WIDTH);
            Tensor saved = ws.allocate(DType.F32, ANCHORS * GROUPS, settings.savedWidth(HEIGHT, WIDTH));
            Tensor gradF = ws.allocate(DType.F32, x.shape());
            Tensor gradG = ws.allocate(DType.F32, y.shape());
            b.training().fill(gradF, 0);
            b.training().fill(gradG, 0);
            if (settings.searches()) {
                b.pixelMatching(x, y, settings, w, cost, winners, saved);
                b.training().pixelMatchingBackward(x, y, settings, w, winners, saved, upstream, gradF, gradG);
            } else {
                b.pixelMatching(x, y, settings, cost, winners, saved);
                b.training().pixelMatchingBackward(x, y, settings, winners, saved, upstream, gradF, gradG);
            }
            return new Results(b.download(cost), b.downloadIntegers(winners), b.download(gradF), b.download(gradG));
        }
    }

    private static float[] random(long seed, int n) {
        SplittableRandom random = new SplittableRandom(seed);
        float[] values = new float[n];
        for (int i = 0; i < n; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static float[] positive(long seed, int n) {
        float[] values = random(seed, n);
        for (int i = 0; i < n; i++) {
            values[i] = 0.05f + Math.abs(values[i]) / PIXELS;
        }
        return values;
    }

    private static List<PixelMatching> settings() {
        List<PixelMatching> all = new ArrayList<>();
        for (Norm norm : Norm.values()) {
            all.add(new PixelMatching(Mode.SCANLINE, 0, PixelMatching.WHOLE_ROW, 1, norm, 1, 1));
            all.add(new PixelMatching(Mode.SCANLINE, 0, 2, 3, norm, 0.7f, 1.3f));
            all.add(new PixelMatching(Mode.SEARCH_2D, 1, 2, 3, norm, 1, 1));
            all.add(new PixelMatching(Mode.SEARCH_2D, 2, 1, 5, norm, 0, 1));
        }
        all.add(new PixelMatching(Mode.LITERAL_PRINTED, 0, PixelMatching.WHOLE_ROW, 1, Norm.NONE, 0.1f, 1));
        all.add(new PixelMatching(Mode.LITERAL_ONE_MINUS, 0, PixelMatching.WHOLE_ROW, 1, Norm.NONE, 0.1f, 2));
        return all;
    }

    private static double total(Results results, float[] gradCost) {
        double sum = 0;
        for (int i = 0; i < gradCost.length; i++) {
            sum += (double) results.costs()[i] * gradCost[i];
        }
        return sum;
    }

    /**
     * Central differences of sum(gradCost * cost). With steps of 0.01 the costs' rounding to fp32 (1e-7) leaves 1e-4 of
     * noise and the cubic term about as much; elements whose step changes a winner are left out and must be few.
     */
    @ParameterizedTest
    @MethodSource("backends")
    void gradientsEqualFiniteDifferences(String name) {
        float[] f = random(1, ANCHORS * SIZE);
        float[] g = random(2, ANCHORS * GROUPS * SIZE);
        float[] weights = positive(3, ANCHORS * PIXELS);
        float[] gradCost = random(4, ANCHORS * GROUPS);
        try (Backend b = Backends.open(name)) {
            for (PixelMatching s : settings()) {
                Results at = run(b, s, f, g, weights, gradCost);
                int compared = 0;
                for (float[] x : List.of(f, g)) {
                    float[] gradient = x == f ? at.gradF() : at.gradG();
                    for (int i = 0; i < x.length; i += 3) {
                        float middle = x[i];
                        x[i] = middle + 0.01f;
                        double width = x[i];
                        Results above = run(b, s, f, g, weights, gradCost);
                        x[i] = middle - 0.01f;
                        width -= x[i];
                        Results below = run(b, s, f, g, weights, gradCost);
                        x[i] = middle;
                        if (Arrays.equals(above.winners(), below.winners())) {
                            double slope = (total(above, gradCost) - total(below, gradCost)) / width;
                            assertEquals(slope, gradient[i], 1e-3 + 1e-3 * Math.abs(slope), s + " element " + i);
                            compared++;
                        }
                    }
                }
                assertTrue(compared > (f.length + g.length) / 3 * 3 / 4, s + " compared only " + compared);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aConstantImageMatchesAtTheSamePlace(String name) {
        PixelMatching s = new PixelMatching(Mode.SEARCH_2D, 1, 2, 1, Norm.IMAGE, 1, 1);
        float[] f = new float[ANCHORS * SIZE];
        float[] g = new float[ANCHORS * GROUPS * SIZE];
        float[] pixel = random(5, CHANNELS);
        for (int i = 0; i < g.length; i++) {
            g[i] = pixel[i % CHANNELS];
            f[i % f.length] = pixel[i % CHANNELS];
        }
        try (Backend b = Backends.open(name)) {
            Results results = run(b, s, f, g, positive(3, ANCHORS * PIXELS), random(4, ANCHORS * GROUPS));
            long still = 1 * 5 + 2;
            assertTrue(Arrays.stream(results.winners()).allMatch(k -> k == still));
        }
    }

    /** The winner of the first pixel is worked out by hand: of two exact copies of it the nearer one, then the upper one. */
    @ParameterizedTest
    @MethodSource("backends")
    void ofEqualCandidatesTheNearestThenUpperThenLeftWins(String name) {
        PixelMatching s = new PixelMatching(Mode.SEARCH_2D, 2, 3, 1, Norm.PIXEL, 1, 1);
        float[] f = random(6, ANCHORS * SIZE);
        float[] g = random(7, ANCHORS * GROUPS * SIZE);
        int middle = WIDTH + 1; // row 1, column 1
        int[][] copies = {{0, 1, -1, 0}, {2, 1, 1, 0}, {1, 0, 0, -1}, {1, 2, 0, 1}}; // row, column, dy, dx
        try (Backend b = Backends.open(name)) {
            for (int from = 0; from < copies.length; from++) {
                float[] own = g.clone();
                for (int i = from; i < copies.length; i++) {
                    int q = copies[i][0] * WIDTH + copies[i][1];
                    System.arraycopy(f, middle * CHANNELS, own, q * CHANNELS, CHANNELS);
                }
                int[] expected = copies[from == 1 ? 2 : from]; // left of the pixel comes before below it
                long k = (expected[2] + 2) * 7L + expected[3] + 3;
                Results results = run(b, s, f, own, positive(3, ANCHORS * PIXELS), random(4, ANCHORS * GROUPS));
                assertEquals(k, results.winners()[middle], "copies from " + from);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void featuresThatAreNotNumbersHaveNoWinner(String name) {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
            for (Norm norm : Norm.values()) {
                PixelMatching s = new PixelMatching(Mode.SCANLINE, 0, PixelMatching.WHOLE_ROW, 1, norm, 1, 1);
                float[] f = random(1, ANCHORS * SIZE);
                float[] g = random(2, ANCHORS * GROUPS * SIZE);
                g[SIZE + 7] = bad; // second grid, first row
                try (Backend b = Backends.open(name)) {
                    Results results = run(b, s, f, g, positive(3, ANCHORS * PIXELS), random(4, ANCHORS * GROUPS));
                    for (int i = 0; i < ANCHORS * GROUPS; i++) {
                        assertEquals(i == 1, Float.isNaN(results.costs()[i]), norm + " cost " + i);
                        assertEquals(i == 1, results.winners()[i * PIXELS] == -1, norm + " winner of " + i);
                        assertEquals(i == 1, Float.isNaN(results.gradG()[i * SIZE]), norm + " gradient of " + i);
                    }
                    assertFalse(Float.isNaN(results.gradF()[0]));
                    assertTrue(Float.isNaN(results.gradF()[SIZE]));
                    IllegalStateException e = assertThrows(
                            IllegalStateException.class, () -> PixelMatching.requireNumbers(results.costs()));
                    assertTrue(e.getMessage().contains("pixelMatching")
                            && e.getMessage().contains("sample 1"));
                }
            }
        }
        PixelMatching.requireNumbers(new float[] {0, 1, Float.POSITIVE_INFINITY});
    }

    @ParameterizedTest
    @MethodSource("backends")
    void oneTensorMayTakeBothGradients(String name) {
        PixelMatching s = new PixelMatching(Mode.SEARCH_2D, 1, 1, 3, Norm.IMAGE, 1, 1);
        try (Backend b = Backends.open(name);
                Workspace ws = b.workspace(1 << 16)) {
            Tensor x = b.upload(ws, HostTensor.of(random(1, 40), 1, 2, 4, 5), DType.F32);
            Tensor y = b.upload(ws, HostTensor.of(random(2, 40), 1, 2, 4, 5), DType.F32);
            Tensor upstream = b.upload(ws, HostTensor.of(new float[] {2}, 1), DType.F32);
            Tensor cost = ws.allocate(DType.F32, 1);
            Tensor winners = ws.allocate(DType.I32, 1, 2, 4);
            Tensor saved = ws.allocate(DType.F32, 1, s.savedWidth(2, 4));
            b.pixelMatching(x, y, s, cost, winners, saved);
            Tensor[] grads = new Tensor[3];
            for (int i = 0; i < 3; i++) {
                grads[i] = ws.allocate(DType.F32, x.shape());
                b.training().fill(grads[i], 0);
            }
            b.training().pixelMatchingBackward(x, y, s, winners, saved, upstream, grads[0], grads[1]);
            b.training().pixelMatchingBackward(x, y, s, winners, saved, upstream, grads[2], grads[2]);
            b.training().accumulate(grads[0], 1, grads[1]);
            assertArrayEquals(b.download(grads[1]), b.download(grads[2]), 1e-6f);
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void argumentsAreChecked(String name) {
        PixelMatching s = PixelMatching.DEFAULT;
        try (Backend b = Backends.open(name);
                Workspace ws = b.workspace(1 << 16)) {
            Tensor f = ws.allocate(DType.F32, 2, 3, 4, 5);
            Tensor cost = ws.allocate(DType.F32, 4);
            Tensor winners = ws.allocate(DType.I32, 4, 3, 4);
            Tensor saved = ws.allocate(DType.F32, 4, s.savedWidth(3, 4));
            Tensor g = ws.allocate(DType.F32, 4, 3, 4, 5);
            Tensor odd = ws.allocate(DType.F32, 3, 3, 4, 5);
            expect(
                    "pixelMatching g: expected [n * 2, 3, 4, 5]",
                    () -> b.pixelMatching(f, odd, s, cost, winners, saved));
            expect(
                    "pixelMatching cost: expected shape [4]",
                    () -> b.pixelMatching(f, g, s, ws.allocate(DType.F32, 2), winners, saved));
            expect("pixelMatching winners", () -> b.pixelMatching(f, g, s, cost, saved, saved));
            expect("pixelMatching saved", () -> b.pixelMatching(f, g, s, cost, winners, cost));
            PixelMatching endless = new PixelMatching(Mode.SEARCH_2D, 100_000, 100_000, 1, Norm.IMAGE, 1, 1);
            expect(
                    "pixelMatching settings: expected at most 16777216 displacements, got reach 100000, 100000",
                    () -> b.pixelMatching(f, g, endless, cost, winners, saved));
            PixelMatching literal =
                    new PixelMatching(Mode.LITERAL_PRINTED, 0, PixelMatching.WHOLE_ROW, 1, Norm.NONE, 1, 1);
            Tensor weights = ws.allocate(DType.F32, 2, 3, 4);
            expect(
                    "pixelMatching weights: expected a mode that searches",
                    () -> b.pixelMatching(f, g, literal, weights, cost, winners, saved));
            expect(
                    "pixelMatchingBackward gradG: expected shape [4, 3, 4, 5]",
                    () -> b.training().pixelMatchingBackward(f, g, s, winners, saved, cost, f, f));
        }
    }

    private static void expect(String message, Runnable call) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, call::run);
        assertTrue(e.getMessage().startsWith(message), e.getMessage());
    }

    @Test
    void settingsAreChecked() {
        assertThrows(IllegalArgumentException.class, () -> new PixelMatching(Mode.SCANLINE, 1, 3, 1, Norm.IMAGE, 1, 1));
        assertThrows(IllegalArgumentException.class, () -> new PixelMatching(Mode.SCANLINE, 0, 3, 2, Norm.IMAGE, 1, 1));
        assertThrows(
                IllegalArgumentException.class, () -> new PixelMatching(Mode.SCANLINE, 0, -2, 1, Norm.IMAGE, 1, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> new PixelMatching(Mode.SCANLINE, 0, 1, 1, Norm.IMAGE, Float.NaN, 1));
    }
}
