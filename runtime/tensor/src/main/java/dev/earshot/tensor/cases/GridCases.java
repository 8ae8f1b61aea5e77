package dev.earshot.tensor.cases;

import static dev.earshot.tensor.DType.BF16;
import static dev.earshot.tensor.DType.F32;
import static dev.earshot.tensor.cases.Rows.elements;
import static dev.earshot.tensor.cases.Rows.lower;
import static dev.earshot.tensor.cases.Rows.sizes;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.cases.OpCase.Scale;
import java.util.function.Consumer;

/** Rows of gridAttention, partitionWindows and mergeWindows. */
final class GridCases {
    /**
     * Standard normal tables would give position terms of the size of hd^(1/2), and with them a softmax that picks one key;
     * trained ones are smaller.
     */
    private static final double TABLE_SCALE = 0.2;

    private GridCases() {}

    /**
     * The sizes of one attention.
     *
     * @param batch windows, or pictures
     * @param h rows of the grid
     * @param w columns of the grid
     * @param width hd
     * @param valueWidth hdv
     */
    private record Grid(int batch, int h, int w, int heads, int width, int valueWidth) {
        Grid(int batch, int h, int w, int heads, int width) {
            this(batch, h, w, heads, width, width);
        }

        int tokens() {
            return h * w;
        }

        /** Scores and weighting, and each query with the h + w distances to its keys. */
        double flops() {
            double products = (double) tokens() * (width + valueWidth) + (double) (h + w) * width;
            return 2.0 * batch * heads * tokens() * products;
        }

        double bytes(DType dtype) {
            double tables = 4.0 * (2 * h + 2 * w - 2) * width;
            return 2.0 * batch * heads * tokens() * (width + valueWidth) * dtype.bytes() + tables;
        }

        float scale() {
            return (float) (1 / Math.sqrt(width));
        }

        String text() {
            String values = valueWidth == width ? "" : "v" + valueWidth;
            return "b%d %dx%d h%dx%d%s".formatted(batch, h, w, heads, width, values);
        }
    }

    static void addTo(Consumer<OpCase> rows) {
        for (DType dtype : Rows.COMPUTE) {
            attention(rows, dtype);
            windows(rows, dtype);
        }
        rows.accept(partition(Scale.SMALL, F32, BF16, Layout.DENSE, 3, 1, 5, 4, 9));
        rows.accept(partition(Scale.SMALL, BF16, F32, Layout.COLUMNS, 3, 2, 4, 4, 9));
        rows.accept(merge(Scale.SMALL, F32, BF16, Layout.COLUMNS, 3, 1, 5, 4, 9));
        rows.accept(merge(Scale.SMALL, BF16, F32, Layout.DENSE, 3, 2, 4, 4, 9));
    }

    private static void attention(Consumer<OpCase> rows, DType dtype) {
        Grid[] small = {
            new Grid(1, 1, 1, 1, 1),
            new Grid(1, 1, 7, 2, 8),
            new Grid(2, 5, 1, 1, 3),
            new Grid(1, 3, 5, 2, 16),
            new Grid(3, 4, 2, 3, 20, 12),
            new Grid(2, 7, 9, 1, 33),
            new Grid(1, 14, 14, 2, 64), // a window of Segment Anything
            new Grid(1, 14, 14, 1, 80),
            new Grid(1, 17, 19, 1, 8), // more tokens than a tile of queries has rows, and no whole rows of the grid
            new Grid(0, 3, 3, 2, 8)
        };
        for (Grid g : small) {
            rows.accept(attention(Scale.SMALL, g, dtype, dtype));
        }
        rows.accept(attention(Scale.SMALL, small[3], dtype, dtype == F32 ? BF16 : F32));
        rows.accept(jointProjection(Scale.SMALL, new Grid(2, 6, 4, 3, 16), dtype));
        rows.accept(jointProjection(Scale.MODEL, new Grid(4, 14, 14, 12, 64), dtype));
        rows.accept(jointProjection(Scale.MODEL, new Grid(1, 32, 24, 2, 80), dtype));
        // Segment Anything at 1024 x 1024: windowed and global blocks of ViT-B and ViT-H.
        rows.accept(jointProjection(Scale.BENCH, new Grid(25, 14, 14, 12, 64), dtype));
        rows.accept(jointProjection(Scale.BENCH, new Grid(1, 64, 64, 12, 64), dtype));
        rows.accept(jointProjection(Scale.BENCH, new Grid(25, 14, 14, 16, 80), dtype));
        rows.accept(jointProjection(Scale.BENCH, new Grid(1, 64, 64, 16, 80), dtype));
    }

    private static OpCase attention(Scale scale, Grid g, DType dtype, DType to) {
        String name = "gridAttention %s %s-%s".formatted(g.text(), lower(dtype), lower(to));
        return row(name, Rows.precision(dtype, to), scale, g, s -> {
            Tensor q = s.input(dtype, g.batch, g.tokens(), (long) g.heads * g.width);
            Tensor k = s.input(dtype, g.batch, g.tokens(), (long) g.heads * g.width);
            Tensor v = s.input(dtype, g.batch, g.tokens(), (long) g.heads * g.valueWidth);
            Tensor rowTable = table(s, g.h, g.width);
            Tensor columnTable = table(s, g.w, g.width);
            Tensor y = s.output(to, g.batch, g.tokens(), (long) g.heads * g.valueWidth);
            return () -> s.backend().gridAttention(q, k, v, g.heads, g.scale(), rowTable, columnTable, y);
        });
    }

    /** q, k and v are column slices of one buffer [B, N, 3 heads hd], as the image encoder calls it. */
    private static OpCase jointProjection(Scale scale, Grid g, DType dtype) {
        long width = (long) g.heads * g.width;
        return row("gridAttention qkv %s %s".formatted(g.text(), lower(dtype)), dtype, scale, g, s -> {
            Tensor qkv = s.input(dtype, g.batch, g.tokens(), 3 * width);
            Tensor q = qkv.slice(-1, 0, width);
            Tensor k = qkv.slice(-1, width, 2 * width);
            Tensor v = qkv.slice(-1, 2 * width, 3 * width);
            Tensor rowTable = table(s, g.h, g.width);
            Tensor columnTable = table(s, g.w, g.width);
            Layout layout = scale == Scale.SMALL ? Layout.COLUMNS : Layout.DENSE;
            Tensor y = s.output(dtype, layout, g.batch, g.tokens(), width);
            return () -> s.backend().gridAttention(q, k, v, g.heads, g.scale(), rowTable, columnTable, y);
        });
    }

    private static Tensor table(OpSetup s, int side, int width) {
        return s.input(F32, Layout.DENSE, g -> TABLE_SCALE * g, 2L * side - 1, width);
    }

    private static OpCase row(String name, DType precision, Scale scale, Grid g, OpCase.Body body) {
        double tolerance = Rows.tolerance(g.tokens());
        return new OpCase(name, "gridAttention", precision, tolerance, scale, g.flops(), g.bytes(precision), body);
    }

    private static void windows(Consumer<OpCase> rows, DType dtype) {
        long[][] small = {
            {1, 1, 1, 1}, {1, 4, 6, 5}, {2, 5, 7, 8}, {1, 1, 9, 3}, {3, 8, 2, 17}, {0, 4, 4, 8}, {2, 6, 6, 0}
        };
        for (long[] grid : small) {
            for (int window : new int[] {1, 2, 4}) {
                rows.accept(partition(Scale.SMALL, dtype, dtype, Layout.DENSE, window, grid));
                rows.accept(merge(Scale.SMALL, dtype, dtype, Layout.DENSE, window, grid));
            }
        }
        rows.accept(partition(Scale.SMALL, dtype, dtype, Layout.COLUMNS, 3, 2, 7, 4, 10));
        rows.accept(merge(Scale.SMALL, dtype, dtype, Layout.COLUMNS, 3, 2, 7, 4, 10));
        // Segment Anything at 1024 x 1024: qkv of ViT-B on the way in, its attention's result on the way back.
        rows.accept(partition(Scale.MODEL, dtype, dtype, Layout.DENSE, 14, 1, 64, 64, 3 * 768));
        rows.accept(merge(Scale.MODEL, dtype, dtype, Layout.DENSE, 14, 1, 64, 64, 768));
    }

    private static long[] windowShape(int window, long[] grid) {
        long down = (grid[1] + window - 1) / window;
        long across = (grid[2] + window - 1) / window;
        return new long[] {grid[0] * down * across, (long) window * window, grid[3]};
    }

    private static OpCase partition(Scale scale, DType from, DType to, Layout layout, int window, long... grid) {
        return windows("partitionWindows", scale, from, to, layout, window, grid, s -> {
            Tensor x = s.input(from, layout, g -> g, grid);
            Tensor padding = s.input(F32, grid[3]);
            Tensor y = s.output(to, windowShape(window, grid));
            return () -> s.backend().partitionWindows(x, window, padding, y);
        });
    }

    private static OpCase merge(Scale scale, DType from, DType to, Layout layout, int window, long... grid) {
        return windows("mergeWindows", scale, from, to, layout, window, grid, s -> {
            Tensor x = s.input(from, windowShape(window, grid));
            Tensor y = s.output(to, layout, grid);
            return () -> s.backend().mergeWindows(x, window, y);
        });
    }

    private static OpCase windows(
            String op, Scale scale, DType from, DType to, Layout layout, int window, long[] grid, OpCase.Body body) {
        String name = "%s %s by %d %s-%s%s".formatted(op, sizes(grid), window, lower(from), lower(to), layout.suffix());
        boolean cuts = op.equals("partitionWindows");
        double filled = elements(windowShape(window, grid));
        double bytes = elements(grid) * (cuts ? from : to).bytes()
                + (cuts ? filled * to.bytes() : elements(grid) * from.bytes());
        return new OpCase(name, op, Rows.precision(from, to), OpCase.TOLERANCE, scale, 0, bytes, body);
    }
}
