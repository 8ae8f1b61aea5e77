package dev.earshot.tensor.internal;

import static dev.earshot.tensor.internal.CheckedCalls.f32;
import static dev.earshot.tensor.internal.CheckedCalls.of;
import static dev.earshot.tensor.internal.CheckedCalls.refused;
import static dev.earshot.tensor.internal.CheckedCalls.turned;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import org.junit.jupiter.api.Test;

class GridChecksTest {
    private static final DType BF16 = DType.BF16;

    @Test
    void gridAttentionArgumentsAreNamedWhenWrong() {
        Tensor q = f32(2, 6, 8);
        Tensor out = f32(2, 6, 4);
        Tensor v = f32(2, 6, 4);
        Tensor rows = f32(3, 4); // 2 rows of 3 tokens, 2 heads of width 4
        Tensor columns = f32(5, 4);
        GridChecks.gridAttention(q, q, v, 2, rows, columns, out);
        refused(
                "gridAttention v: expected dtype [F32], got bf16 [2, 6, 4]",
                () -> GridChecks.gridAttention(q, q, of(BF16, 2, 6, 4), 2, rows, columns, out));
        refused(
                "gridAttention rowTable: expected [2 n - 1, 4] for a side of n tokens, got f32 [4, 4]",
                () -> GridChecks.gridAttention(q, q, v, 2, f32(4, 4), columns, out));
        refused(
                "gridAttention columnTable: expected [2 n - 1, 4] for a side of n tokens, got f32 [5, 8]",
                () -> GridChecks.gridAttention(q, q, v, 2, rows, f32(5, 8), out));
        refused(
                "gridAttention rowTable: expected dtype [F32], got bf16 [3, 4]",
                () -> GridChecks.gridAttention(q, q, v, 2, of(BF16, 3, 4), columns, out));
        refused(
                "gridAttention rowTable: expected a contiguous tensor, got f32 [3, 4] strides [1, 3]; copy it first",
                () -> GridChecks.gridAttention(q, q, v, 2, turned(3, 4), columns, out));
        refused(
                "gridAttention q and k: expected 3 x 3 tokens for tables of 5 and 5 rows, got f32 [2, 6, 8] and f32 [2, 6, 8]",
                () -> GridChecks.gridAttention(q, q, v, 2, columns, columns, out));
        refused(
                "gridAttention out: expected shape [2, 6, 4], got f32 [2, 6, 8]",
                () -> GridChecks.gridAttention(q, q, v, 2, rows, columns, f32(2, 6, 8)));
        refused(
                "gridAttention out: expected memory of its own, got that of input f32 [2, 6, 4]",
                () -> GridChecks.gridAttention(q, q, v, 2, rows, columns, v));
    }

    @Test
    void windowsArgumentsAreNamedWhenWrong() {
        Tensor grid = f32(2, 5, 7, 3);
        Tensor windows = of(BF16, 12, 9, 3); // 2 x 3 windows of 3 x 3 in each
        GridChecks.partitionWindows(grid, 3, f32(3), windows);
        GridChecks.mergeWindows(windows, 3, grid);
        refused(
                "partitionWindows x: expected rank 4, got f32 [5, 7, 3]",
                () -> GridChecks.partitionWindows(f32(5, 7, 3), 3, f32(3), windows));
        refused(
                "partitionWindows window: expected a side of at least 1, got 0",
                () -> GridChecks.partitionWindows(grid, 0, f32(3), windows));
        refused(
                "partitionWindows out: expected shape [12, 9, 3], got f32 [8, 9, 3]",
                () -> GridChecks.partitionWindows(grid, 3, f32(3), f32(8, 9, 3)));
        refused(
                "partitionWindows padding: expected shape [3], got f32 [4]",
                () -> GridChecks.partitionWindows(grid, 3, f32(4), windows));
        refused(
                "partitionWindows padding: expected dtype [F32], got bf16 [3]",
                () -> GridChecks.partitionWindows(grid, 3, of(BF16, 3), windows));
        refused(
                "mergeWindows x: expected a contiguous tensor, got f32 [12, 9, 3] strides [27, 1, 9]; copy it first",
                () -> GridChecks.mergeWindows(turned(12, 9, 3), 3, grid));
        refused(
                "mergeWindows out: expected dtype [F32, BF16], got i32 [2, 5, 7, 3]",
                () -> GridChecks.mergeWindows(windows, 3, of(DType.I32, 2, 5, 7, 3)));
        Tensor one = f32(1, 3, 3, 4);
        refused(
                "mergeWindows out: expected memory of its own, got that of input f32 [1, 9, 4]",
                () -> GridChecks.mergeWindows(one.reshape(1, 9, 4), 3, one));
    }
}
