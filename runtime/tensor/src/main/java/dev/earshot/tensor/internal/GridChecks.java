package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/** The argument checks of the ops on grids of tokens: attention with relative positions, windows; see {@link OpChecks}. */
public final class GridChecks {
    private GridChecks() {}

    /** For {@link dev.earshot.tensor.Backend#gridAttention}. */
    public static void gridAttention(
            Tensor q, Tensor k, Tensor v, int heads, Tensor rowTable, Tensor columnTable, Tensor out) {
        OpChecks.attentionOperands("gridAttention", q, k, v, heads);
        long width = q.dim(2) / heads;
        table("gridAttention rowTable", rowTable, width);
        table("gridAttention columnTable", columnTable, width);
        long h = (rowTable.dim(0) + 1) / 2;
        long w = (columnTable.dim(0) + 1) / 2;
        argument(
                q.dim(1) == h * w && k.dim(1) == h * w,
                "gridAttention q and k",
                "expected %d x %d tokens for tables of %d and %d rows, got %s and %s",
                h,
                w,
                rowTable.dim(0),
                columnTable.dim(0),
                q,
                k);
        shape("gridAttention out", out, q.dim(0), q.dim(1), v.dim(2));
        dtype("gridAttention out", out, OpChecks.REAL);
        OpChecks.dense("gridAttention out", out);
        OpChecks.distinct("gridAttention out", q, out);
        OpChecks.distinct("gridAttention out", k, out);
        OpChecks.distinct("gridAttention out", v, out);
    }

    private static void table(String what, Tensor table, long width) {
        rank(what, table, 2);
        dtype(what, table, DType.F32);
        argument(
                table.dim(0) % 2 == 1 && table.dim(1) == width,
                what,
                "expected [2 n - 1, %d] for a side of n tokens, got %s",
                width,
                table);
        OpChecks.contiguous(what, table);
    }

    /** For {@link dev.earshot.tensor.Backend#partitionWindows}. */
    public static void partitionWindows(Tensor x, int window, Tensor padding, Tensor out) {
        windows("partitionWindows", "x", x, window, "out", out);
        shape("partitionWindows padding", padding, x.dim(3));
        dtype("partitionWindows padding", padding, DType.F32);
        OpChecks.contiguous("partitionWindows padding", padding);
        OpChecks.distinct("partitionWindows out", x, out);
    }

    /** For {@link dev.earshot.tensor.Backend#mergeWindows}. */
    public static void mergeWindows(Tensor x, int window, Tensor out) {
        windows("mergeWindows", "out", out, window, "x", x);
        OpChecks.distinct("mergeWindows out", x, out);
    }

    private static void windows(String op, String gridName, Tensor grid, int window, String name, Tensor windows) {
        String what = op + " " + gridName;
        rank(what, grid, 4);
        dtype(what, grid, OpChecks.REAL);
        OpChecks.dense(what, grid);
        argument(window >= 1, op + " window", "expected a side of at least 1, got %d", window);
        long count = grid.dim(0) * across(grid.dim(1), window) * across(grid.dim(2), window);
        shape(op + " " + name, windows, count, (long) window * window, grid.dim(3));
        dtype(op + " " + name, windows, OpChecks.REAL);
        OpChecks.contiguous(op + " " + name, windows);
    }

    private static long across(long side, int window) {
        return (side + window - 1) / window;
    }
}
