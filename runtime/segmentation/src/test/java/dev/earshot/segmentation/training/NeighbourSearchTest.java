package dev.earshot.segmentation.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.SplitMix64;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.weights.Weights;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NeighbourSearchTest {
    private static final int[] NO_GROUPS = new int[0];

    private static Backend backend;

    @BeforeAll
    static void open() {
        backend = Backends.open("cpu");
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    /** Random unit rows; {@code copies} gives rows that repeat earlier ones bit for bit. */
    private static float[] unitRows(int n, int c, long seed, Map<Integer, Integer> copies) {
        SplitMix64 random = new SplitMix64(seed);
        float[] rows = new float[n * c];
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int j = 0; j < c; j++) {
                rows[i * c + j] = (float) (random.unit() - 0.4);
                sum += (double) rows[i * c + j] * rows[i * c + j];
            }
            for (int j = 0; j < c; j++) {
                rows[i * c + j] /= (float) Math.sqrt(sum);
            }
        }
        copies.forEach((to, from) -> System.arraycopy(rows, from * c, rows, to * c, c));
        return rows;
    }

    private static double dot(float[] rows, int c, int a, int b) {
        double sum = 0;
        for (int j = 0; j < c; j++) {
            sum += (double) rows[a * c + j] * rows[b * c + j];
        }
        return sum;
    }

    /** Sorts all the others of each image. */
    private static int[] bruteForce(float[] rows, int n, int c, int k, int[] groups) {
        return IntStream.range(0, n)
                .flatMap(i -> IntStream.range(0, n)
                        .filter(j -> j != i && (groups.length == 0 || groups[i] != groups[j]))
                        .boxed()
                        .sorted(Comparator.comparingDouble((Integer j) -> -dot(rows, c, i, j))
                                .thenComparingInt(j -> j))
                        .limit(k)
                        .mapToInt(j -> j))
                .toArray();
    }

    private static NeighbourTable search(NeighbourSearch search, float[] rows, int n, int c, int[] groups) {
        return search.run(backend, HostTensor.of(rows, n, c), groups, WorkProgress.NONE);
    }

    @Test
    void unevenBlocksMatchBruteForce() {
        int n = 203;
        int c = 37;
        float[] rows = unitRows(n, c, 5, Map.of());
        NeighbourTable table = search(new NeighbourSearch(7, 64), rows, n, c, NO_GROUPS);
        assertArrayEquals(bruteForce(rows, n, c, 7, NO_GROUPS), table.neighbours());
        for (int i = 0; i < n; i++) {
            for (int r = 0; r < 7; r++) {
                assertEquals(dot(rows, c, i, table.neighbour(i, r)), table.similarity(i, r), 1e-5);
            }
        }
    }

    @Test
    void oneBlockMatchesManyBlocks() {
        float[] rows = unitRows(150, 24, 6, Map.of(70, 3, 140, 3));
        NeighbourTable whole = search(new NeighbourSearch(5), rows, 150, 24, NO_GROUPS);
        NeighbourTable parts = search(new NeighbourSearch(5, 32), rows, 150, 24, NO_GROUPS);
        assertArrayEquals(whole.neighbours(), parts.neighbours());
    }

    /** A duplicate has cosine 1 and is a neighbour; the image itself is left out by its number, not by its place. */
    @Test
    void duplicatesAreNeighboursInTheOrderOfTheirNumbers() {
        float[] rows = unitRows(90, 16, 7, Map.of(20, 4, 50, 4, 85, 4));
        NeighbourTable table = search(new NeighbourSearch(4, 32), rows, 90, 16, NO_GROUPS);
        assertEquals(List.of(20, 50, 85), first(table, 4));
        assertEquals(List.of(4, 50, 85), first(table, 20));
        assertEquals(List.of(4, 20, 50), first(table, 85));
    }

    private static List<Integer> first(NeighbourTable table, int image) {
        return IntStream.range(0, 3).mapToObj(r -> table.neighbour(image, r)).toList();
    }

    @Test
    void imagesOfOneGroupAreNotEachOthersNeighbours() {
        int n = 60;
        float[] rows = unitRows(n, 12, 8, Map.of(1, 0, 31, 30));
        int[] groups = IntStream.range(0, n).map(i -> i / 2).toArray();
        NeighbourTable table = search(new NeighbourSearch(3, 16), rows, n, 12, groups);
        assertArrayEquals(bruteForce(rows, n, 12, 3, groups), table.neighbours());
        assertFalse(table.isSelfOrNeighbour(0, 1));
        assertTrue(table.isSelfOrNeighbour(5, 5));
    }

    @Test
    void nearDuplicatesInGroupsFindOnlyTheirGroup() {
        SplitMix64 random = new SplitMix64(9);
        float[] centres = unitRows(4, 32, 10, Map.of());
        float[] rows = new float[16 * 32];
        for (int i = 0; i < 16; i++) {
            for (int j = 0; j < 32; j++) {
                rows[i * 32 + j] = centres[i % 4 * 32 + j] + (float) (0.002 * random.unit());
            }
        }
        NeighbourTable table = search(new NeighbourSearch(3, 8), rows, 16, 32, NO_GROUPS);
        for (int i = 0; i < 16; i++) {
            for (int r = 0; r < 3; r++) {
                assertEquals(i % 4, table.neighbour(i, r) % 4);
            }
        }
    }

    /** The bound of the documentation, at a size where the similarities of all pairs would be ten times as much. */
    @Test
    void workspaceStaysWithinTheStatedBytes() {
        int n = 3000;
        int c = 24;
        NeighbourSearch search = new NeighbourSearch(7, 256);
        HostTensor features = HostTensor.of(unitRows(n, c, 11, Map.of()), n, c);
        PeakBytes peak = new PeakBytes(backend);
        NeighbourTable table = search.run(peak.backend(), features, NO_GROUPS, WorkProgress.NONE);
        assertEquals(n, table.size());
        assertTrue(peak.bytes() > 4L * n * c, peak.bytes() + " bytes");
        assertTrue(peak.bytes() <= search.deviceBytes(n, c), peak.bytes() + " bytes");
        assertTrue(search.bytes(n, c) < 4L * n * n / 10, search.bytes(n, c) + " bytes");
        long published = new NeighbourSearch(7).bytes(184_000, 384);
        assertTrue(published < 350L << 20, published + " bytes for VGGSound");
    }

    /** Sees the workspaces that a backend gives out. */
    private static final class PeakBytes {
        private final List<Workspace> workspaces = new ArrayList<>();
        private final Backend backend;
        private long peak;

        PeakBytes(Backend real) {
            backend = (Backend) Proxy.newProxyInstance(
                    Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (proxy, method, arguments) -> {
                        if (method.isDefault()) {
                            return InvocationHandler.invokeDefault(proxy, method, arguments);
                        }
                        Object result = method.invoke(real, arguments);
                        if (result instanceof Workspace workspace) {
                            workspaces.add(workspace);
                        }
                        peak = Math.max(
                                peak,
                                workspaces.stream()
                                        .mapToLong(Workspace::peakBytes)
                                        .sum());
                        return result;
                    });
        }

        Backend backend() {
            return backend;
        }

        long bytes() {
            return peak;
        }
    }

    @Test
    void tooFewOthersAreRefused() {
        float[] rows = unitRows(7, 8, 12, Map.of());
        assertThrows(IllegalArgumentException.class, () -> search(new NeighbourSearch(7), rows, 7, 8, NO_GROUPS));
        int[] groups = {0, 0, 0, 0, 1, 2, 3};
        String message = assertThrows(
                        IllegalArgumentException.class, () -> search(new NeighbourSearch(4), rows, 7, 8, groups))
                .getMessage();
        assertTrue(message.contains("image 0") && message.contains("got 3"), message);
        float[] broken = rows.clone();
        broken[8] = Float.NaN;
        assertThrows(IllegalArgumentException.class, () -> search(new NeighbourSearch(6), broken, 7, 8, NO_GROUPS));
    }

    @Test
    void tableSurvivesItsFile(@TempDir Path folder) {
        float[] rows = unitRows(40, 8, 13, Map.of());
        NeighbourTable table = search(new NeighbourSearch(3), rows, 40, 8, NO_GROUPS);
        Path file = folder.resolve("knn.safetensors");
        table.write(file, Map.of("k", "3"));
        try (Weights read = Weights.open(file)) {
            assertEquals(table, NeighbourTable.read(read));
            assertEquals("3", read.metadata().get("k"));
        }
        assertFalse(table.sha256().equals(new NeighbourTable(1, new int[] {1, 0}, new float[] {1, 1}).sha256()));
    }
}
