package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.reference.ReferenceBackend;
import dev.earshot.tensor.testing.Comparison;
import dev.earshot.tensor.testing.TestBackends;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What only the kernels on grids can get wrong: chunks of rows and columns, borders of tiles, vector loads, views. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GridOpsTest {
    private static final double TOLERANCE = 1e-11;

    /** Rounding to bf16 is off by at most 2^-9 once per weight and once per result: a mean square of a few 1e-6. */
    private static final double BF16_TOLERANCE = 3e-5;

    private List<Backend> backends;
    private Backend truth;

    @BeforeAll
    void open() {
        backends = TestBackends.open();
        truth = new ReferenceBackend();
    }

    @AfterAll
    void close() {
        if (backends != null) {
            backends.forEach(Backend::close);
            truth.close();
        }
    }

    /** An attention on a grid; operands start {@code skipped} columns into wider buffers, tables as many rows into longer ones. */
    private record Grid(
            DType dtype, int batch, int h, int w, int heads, int width, int valueWidth, int skipped, float scale) {
        static Grid of(DType dtype, int h, int w, int heads, int width) {
            return new Grid(dtype, 1, h, w, heads, width, width, 0, (float) (1 / Math.sqrt(width)));
        }

        Grid withScale(float other) {
            return new Grid(dtype, batch, h, w, heads, width, valueWidth, skipped, other);
        }

        /** Same operands on every backend. */
        double[] run(Backend backend, DoubleUnaryOperator query, DoubleUnaryOperator table) {
            SplittableRandom random = new SplittableRandom(7);
            try (Workspace memory = backend.workspace(1 << 22)) {
                Tensor q = columns(backend, memory, random, heads * width, query);
                Tensor k = columns(backend, memory, random, heads * width, x -> x);
                Tensor v = columns(backend, memory, random, heads * valueWidth, x -> x);
                Tensor rows = table(backend, memory, random, 2 * h - 1, table);
                Tensor cols = table(backend, memory, random, 2 * w - 1, table);
                Tensor out = columns(backend, memory, random, heads * valueWidth, x -> x);
                backend.gridAttention(q, k, v, heads, scale, rows, cols, out);
                Tensor dense = memory.allocate(DType.F32, batch, (long) h * w, (long) heads * valueWidth);
                backend.copy(out, dense);
                float[] values = backend.download(dense);
                return IntStream.range(0, values.length)
                        .mapToDouble(i -> values[i])
                        .toArray();
            }
        }

        private Tensor columns(
                Backend backend, Workspace memory, SplittableRandom random, long count, DoubleUnaryOperator value) {
            long wide = count + (skipped == 0 ? 0 : skipped + 3);
            Tensor x = upload(backend, memory, dtype, random, value, batch, (long) h * w, wide);
            return x.slice(-1, skipped, skipped + count);
        }

        private Tensor table(
                Backend backend, Workspace memory, SplittableRandom random, long rows, DoubleUnaryOperator value) {
            return upload(backend, memory, DType.F32, random, value, rows + skipped, width)
                    .slice(0, skipped, rows + skipped);
        }

        private static Tensor upload(
                Backend backend,
                Workspace memory,
                DType type,
                SplittableRandom random,
                DoubleUnaryOperator value,
                long... shape) {
            float[] values = new float[Math.toIntExact(Shape.of(shape).elements())];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) value.applyAsDouble(random.nextDouble(-1, 1));
            }
            Tensor x = memory.allocate(type, shape);
            backend.upload(HostTensor.of(values, shape), x);
            return x;
        }
    }

    private void matchesReference(Grid grid) {
        matchesReference(grid, x -> 2 * x, x -> x);
    }

    private void matchesReference(Grid grid, DoubleUnaryOperator query, DoubleUnaryOperator table) {
        double[] expected = grid.run(truth, query, table);
        assertTrue(Comparison.zeros(expected) < 0.9);
        double tolerance = grid.dtype == DType.F32 ? TOLERANCE : BF16_TOLERANCE;
        for (Backend backend : backends) {
            double error = Comparison.nmse(expected, grid.run(backend, query, table));
            assertTrue(
                    error <= tolerance,
                    () -> "%s %s: error %.2e".formatted(backend.info().name(), grid, error));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7, 8, 32, 33, 64, 65, 80, 81, 127, 128, 130, 257})
    void gridAttentionOfAnyHeadWidthMatchesReference(int width) {
        for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
            matchesReference(Grid.of(dtype, 5, 4, 2, width));
            matchesReference(Grid.of(dtype, 3, 23, 1, width));
        }
    }

    /** Tiles of 32 and 64 keys are several rows, a row, or part of one; terms are made for 32 and 64 rows at a time. */
    @ParameterizedTest
    @CsvSource({
        "1, 1", "1, 31", "1, 32", "1, 33", "1, 64", "1, 65", "1, 130", "64, 1", "65, 1", "130, 1", "2, 33", "3, 64",
        "3, 65", "33, 2", "65, 3", "67, 2", "21, 3", "10, 10", "11, 6", "6, 66"
    })
    void gridsOfAnyShapeMatchReference(int h, int w) {
        for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
            matchesReference(Grid.of(dtype, h, w, 1, 16));
        }
    }

    @ParameterizedTest
    @CsvSource({"F32, 1, 20", "F32, 4, 20", "F32, 3, 5", "BF16, 1, 24", "BF16, 8, 24", "BF16, 5, 9"})
    void slicesAtAnyOffsetMatchReference(DType dtype, int skipped, int width) {
        matchesReference(new Grid(dtype, 2, 7, 5, 2, width, width + 3, skipped, 0.2f));
        matchesReference(new Grid(dtype, 2, 7, 5, 2, width, 2 * width, skipped, 0.2f));
    }

    /**
     * Position terms of a size of 30 would be off by up to a tenth, and so would their weights, if tables were rounded to
     * bf16.
     */
    @Test
    void tablesKeepTheirDigitsBesideBf16Operands() {
        matchesReference(Grid.of(DType.BF16, 9, 9, 1, 64).withScale(0), x -> 4 * x, x -> 3 * x);
    }

    @ParameterizedTest
    @EnumSource(
            value = DType.class,
            names = {"F32", "BF16"})
    void aQueryThatIsNotANumberStaysInItsRow(DType dtype) {
        int width = 16;
        Grid grid = Grid.of(dtype, 6, 7, 1, width);
        int[] count = new int[1];
        for (Backend backend : backends) {
            count[0] = 0;
            double[] y = grid.run(backend, x -> count[0]++ == 33 * width + 3 ? Double.NaN : x, x -> x);
            for (int i = 0; i < y.length; i++) {
                assertEquals(i / width == 33, Double.isNaN(y[i]), "query " + i / width);
            }
        }
    }

    /** Every layout of grids and windows in memory, with and without room for vectors; all buffers compared bit by bit. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void windowsOfAnyViewAreThoseOfTheReference(long seed) {
        try (Twins twins = new Twins(seed)) {
            Random random = twins.random();
            for (int i = 0; i < 12; i++) {
                int window = 1 + random.nextInt(5);
                long[] grid = {1 + random.nextInt(3), 1 + random.nextInt(9), 1 + random.nextInt(9), channels(random)};
                long[] shape = {
                    grid[0] * Math.ceilDiv(grid[1], window) * Math.ceilDiv(grid[2], window),
                    (long) window * window,
                    grid[3]
                };
                Tensor[] x = twins.whole(RandomView.dense(random, type(random), grid));
                Tensor[] padding = twins.whole(DType.F32, grid[3]);
                Tensor[] windows = twins.whole(type(random), shape);
                Tensor[] back = twins.whole(RandomView.dense(random, type(random), grid));
                twins.expectEqual("windows of %d of %s".formatted(window, x[0]), (backend, at) -> {
                    backend.partitionWindows(x[at], window, padding[at], windows[at]);
                    backend.mergeWindows(windows[at], window, back[at]);
                });
                twins.reset();
            }
        }
    }

    private static long channels(Random random) {
        return random.nextBoolean() ? 8L * (1 + random.nextInt(5)) : 1 + random.nextInt(300);
    }

    private static DType type(Random random) {
        return random.nextBoolean() ? DType.F32 : DType.BF16;
    }
}
