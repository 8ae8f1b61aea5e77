package dev.earshot.segmentation.proposals;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.segmentation.proposals.PixelGraph.Labels;
import dev.earshot.tensor.SplitMix64;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PixelGraphTest {
    private static float[] blocks(int width, int height, int block, long seed) {
        SplitMix64 random = new SplitMix64(seed);
        Map<Integer, float[]> of = new HashMap<>();
        float[] colours = new float[3 * width * height];
        for (int i = 0; i < width * height; i++) {
            int place = i / width / block * 1000 + i % width / block;
            float[] base = of.computeIfAbsent(
                    place, _ -> new float[] {random.below(4) * 60f, random.below(4) * 60f, random.below(4) * 60f});
            for (int c = 0; c < 3; c++) {
                colours[3 * i + c] = base[c] + random.below(12); // whole numbers: many equal differences
            }
        }
        return colours;
    }

    @Test
    void twoFlatHalvesAreTwoRegions() {
        float[] colours = new float[3 * 8 * 6];
        for (int i = 0; i < 48; i++) {
            colours[3 * i] = i % 8 < 3 ? 10 : 90;
        }
        Labels labels = new PixelGraph(colours, 8, 6).segment(50, 1);
        assertEquals(2, labels.count());
        for (int i = 0; i < 48; i++) {
            assertEquals(i % 8 < 3 ? 0 : 1, labels.of()[i]);
        }
    }

    @Test
    void aContrastBelowTheSlackJoinsAndSmallRegionsAreSwallowed() {
        float[] colours = new float[3 * 5 * 5];
        colours[3 * 12] = 200;
        assertEquals(2, new PixelGraph(colours, 5, 5).segment(100, 1).count());
        assertEquals(1, new PixelGraph(colours, 5, 5).segment(100, 2).count());
        assertEquals(1, new PixelGraph(colours, 5, 5).segment(100_000, 1).count());
    }

    @Test
    void onePixelAndOneRowWork() {
        assertArrayEquals(
                new int[] {0}, new PixelGraph(new float[3], 1, 1).segment(1, 10).of());
        float[] row = {0, 0, 0, 0, 0, 0, 250, 0, 0};
        assertArrayEquals(
                new int[] {0, 0, 1}, new PixelGraph(row, 3, 1).segment(10, 1).of());
    }

    @Test
    void regionsAreThoseOfThePublishedAlgorithmWrittenPlainly() {
        for (long seed = 0; seed < 6; seed++) {
            int width = 23;
            int height = 17;
            float[] colours = blocks(width, height, 5, seed);
            for (double scale : new double[] {20, 150, 600}) {
                int[] expected = plainly(colours, width, height, scale);
                Labels labels = new PixelGraph(colours, width, height).segment(scale, 1);
                assertArrayEquals(expected, labels.of(), "seed " + seed + ", scale " + scale);
            }
        }
    }

    /** Components as lists of pixels, edges sorted by the library; slow and obvious. */
    private static int[] plainly(float[] colours, int width, int height, double scale) {
        record Edge(int a, int b, float difference) {}
        List<Edge> edges = new ArrayList<>();
        int[][] steps = {{1, 0}, {0, 1}, {1, 1}, {-1, 1}};
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int[] step : steps) {
                    int u = x + step[0];
                    int v = y + step[1];
                    if (u >= 0 && u < width && v < height) {
                        double square = 0;
                        for (int c = 0; c < 3; c++) {
                            float d = colours[3 * (y * width + x) + c] - colours[3 * (v * width + u) + c];
                            square += d * d;
                        }
                        edges.add(new Edge(y * width + x, v * width + u, (float) Math.sqrt(square)));
                    }
                }
            }
        }
        // A quarter of a level is one step of the order, as documented; the list's sort keeps equals in place.
        edges.sort(Comparator.comparingInt(e -> (int) (e.difference() * 4)));
        List<List<Integer>> component = new ArrayList<>();
        double[] within = new double[width * height];
        for (int i = 0; i < width * height; i++) {
            component.add(new ArrayList<>(List.of(i)));
        }
        for (Edge e : edges) {
            List<Integer> a = component.get(e.a());
            List<Integer> b = component.get(e.b());
            double least = Math.min(within[a.getFirst()] + scale / a.size(), within[b.getFirst()] + scale / b.size());
            if (a != b && e.difference() <= (float) least) {
                a.addAll(b);
                b.forEach(i -> component.set(i, a));
                within[a.getFirst()] = e.difference();
            }
        }
        Map<List<Integer>, Integer> numbers = new java.util.IdentityHashMap<>();
        int[] labels = new int[width * height];
        for (int i = 0; i < labels.length; i++) {
            Integer known = numbers.putIfAbsent(component.get(i), numbers.size());
            labels[i] = known == null ? numbers.size() - 1 : known;
        }
        return labels;
    }
}
