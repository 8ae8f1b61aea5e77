package dev.earshot.cuda.ops;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.earshot.cuda.ops.BesideReference.Operands;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What only the kernels on grids can get wrong: chunks of rows and columns, borders of tiles, vector loads, views. */
class GridOpsTest {
    private static final double TOLERANCE = 1e-11;

    /** Rounding to bf16 is off by at most 2^-9 once per weight and once per result: a mean square of a few 1e-6. */
    private static final double BF16_TOLERANCE = 3e-5;

    @RegisterExtension
    static final BesideReference BESIDE = new BesideReference(1);

    /** An attention on a grid; operands start {@code skipped} columns into wider buffers, tables as many rows into longer ones. */
    private record Grid(
            DType dtype, int batch, int h, int w, int heads, int width, int valueWidth, int skipped, float scale) {
        static Grid of(DType dtype, int h, int w, int heads, int width) {
            return new Grid(dtype, 1, h, w, heads, width, width, 0, (float) (1 / Math.sqrt(width)));
        }

        Grid withScale(float other) {
            return new Grid(dtype, batch, h, w, heads, width, valueWidth, skipped, other);
        }

        Tensor[] run(Operands s, DoubleUnaryOperator query, DoubleUnaryOperator table) {
            Tensor q = columns(s, heads * width, query);
            Tensor k = columns(s, heads * width, x -> x);
            Tensor v = columns(s, heads * valueWidth, x -> x);
            Tensor rows = table(s, 2 * h - 1, table);
            Tensor cols = table(s, 2 * w - 1, table);
            Tensor out = columns(s, heads * valueWidth, x -> x);
            s.backend().gridAttention(q, k, v, heads, scale, rows, cols, out);
            return new Tensor[] {s.dense(out)};
        }

        private Tensor columns(Operands s, long count, DoubleUnaryOperator value) {
            long wide = count + (skipped == 0 ? 0 : skipped + 3);
            long[] shape = {batch, (long) h * w, wide};
            return s.upload(dtype, s.values(value, shape), shape).slice(-1, skipped, skipped + count);
        }

        private Tensor table(Operands s, long rows, DoubleUnaryOperator value) {
            long[] shape = {rows + skipped, width};
            return s.upload(DType.F32, s.values(value, shape), shape).slice(0, skipped, rows + skipped);
        }
    }

    private static void matchesReference(Grid grid) {
        matchesReference(grid, x -> 2 * x, x -> x);
    }

    private static void matchesReference(Grid grid, DoubleUnaryOperator query, DoubleUnaryOperator table) {
        BESIDE.matches(grid.dtype == DType.F32 ? TOLERANCE : BF16_TOLERANCE, s -> grid.run(s, query, table));
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
        for (Backend backend : BESIDE.devices()) {
            count[0] = 0;
            DoubleUnaryOperator query = x -> count[0]++ == 33 * width + 3 ? Double.NaN : x;
            double[] y = BESIDE.run(backend, s -> grid.run(s, query, x -> x))[0];
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
