package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/** Definitions of the ops on grids of tokens: attention with decomposed relative positions, windows. */
final class GridOps {
    private GridOps() {}

    /** The position terms q_i . rowTable[y_i - y_j + h - 1] and q_i . columnTable[x_i - x_j + w - 1], unscaled. */
    static AttentionOps.Bias relativePositions(
            Tensor q, int heads, Tensor rowTable, Tensor columnTable, Rounding rounding) {
        int width = Math.toIntExact(q.dim(2)) / heads;
        double[] byRow = rounded(rowTable, rounding); // [2h - 1, hd]
        double[] byColumn = rounded(columnTable, rounding); // [2w - 1, hd]
        int h = side(rowTable);
        int w = side(columnTable);
        double[] query = new double[width];
        return (scores, batch, head, token) -> {
            Elements.readRow(AttentionOps.headView(q, batch, head, heads), token, query, 0);
            int y = token / w;
            int x = token % w;
            for (int j = 0; j < scores.length; j++) {
                double rowTerm = rounding.round(dot(query, byRow, y - j / w + h - 1));
                double columnTerm = rounding.round(dot(query, byColumn, x - j % w + w - 1));
                scores[j] = rounding.round(rounding.round(scores[j] + rowTerm) + columnTerm);
            }
        };
    }

    private static double[] rounded(Tensor table, Rounding rounding) {
        double[] values = Elements.read(table);
        rounding.round(values);
        return values;
    }

    private static int side(Tensor table) {
        return Math.toIntExact((table.dim(0) + 1) / 2);
    }

    private static double dot(double[] query, double[] table, int row) {
        double sum = 0;
        for (int d = 0; d < query.length; d++) {
            sum += query[d] * table[row * query.length + d];
        }
        return sum;
    }

    /** Every token of every window is the token of the grid at its place, or the padding. */
    static void partitionWindows(Tensor x, int window, Tensor padding, Tensor out, Rounding rounding) {
        double[] outside = Elements.read(padding);
        rounding.round(outside);
        double[] token = new double[Elements.rowLength(x)];
        forEachToken(x, window, (inside, gridRow, windowRow) -> {
            if (inside) {
                Elements.readRow(x, gridRow, token, 0);
            }
            Elements.writeRow(inside ? token : outside, 0, out, windowRow);
        });
    }

    /** Every token of the grid is the token of a window at its place. */
    static void mergeWindows(Tensor x, int window, Tensor out) {
        double[] token = new double[Elements.rowLength(x)];
        forEachToken(out, window, (inside, gridRow, windowRow) -> {
            if (inside) {
                Elements.readRow(x, windowRow, token, 0);
                Elements.writeRow(token, 0, out, gridRow);
            }
        });
    }

    /** A place in a window, and in the grid if it is {@code inside} it; both as row-major counts of tokens. */
    private interface Place {
        void visit(boolean inside, long gridRow, long windowRow);
    }

    private static void forEachToken(Tensor grid, int window, Place place) {
        long height = grid.dim(1);
        long width = grid.dim(2);
        long windowRow = 0;
        for (long batch = 0; batch < grid.dim(0); batch++) {
            for (long top = 0; top < height; top += window) {
                for (long left = 0; left < width; left += window) {
                    for (long y = top; y < top + window; y++) {
                        for (long x = left; x < left + window; x++) {
                            place.visit(y < height && x < width, (batch * height + y) * width + x, windowRow++);
                        }
                    }
                }
            }
        }
    }
}
