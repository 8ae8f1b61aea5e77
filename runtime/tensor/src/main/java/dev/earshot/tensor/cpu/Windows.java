package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;

/**
 * Grids of tokens cut into windows and put together again. The unit of work is one row of one window: the tokens that lie
 * side by side in both, copied at once.
 */
final class Windows {
    private Windows() {}

    /** See {@link dev.earshot.tensor.Backend#partitionWindows}. */
    record Partition(View x, int window, View padding, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            View outside = binder.input(padding, out.dtype(), true);
            Cut cut = Cut.of(x, window, out);
            RowSharing.add(binder, "partitionWindows " + x, cut.rows(), out.elements(), worker -> row -> {
                int inside = cut.inside(row);
                long target = cut.windowAddress(row);
                if (inside > 0) {
                    cut.copy(x.dtype(), cut.gridAddress(row), cut.gridStep(), out.dtype(), target, cut.width(), inside);
                }
                for (int token = inside; token < window; token++) {
                    long place = target + (long) out.dtype().bytes() * cut.width() * token;
                    move(out.dtype(), outside.address(), out.dtype(), place, cut.width());
                }
            });
        }
    }

    /** See {@link dev.earshot.tensor.Backend#mergeWindows}. */
    record Merge(View x, int window, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            Cut cut = Cut.of(out, window, x);
            RowSharing.add(binder, "mergeWindows " + out, cut.rows(), out.elements(), worker -> row -> {
                int inside = cut.inside(row);
                if (inside > 0) {
                    long target = cut.gridAddress(row);
                    cut.copy(
                            x.dtype(),
                            cut.windowAddress(row),
                            cut.width(),
                            out.dtype(),
                            target,
                            cut.gridStep(),
                            inside);
                }
            });
        }
    }

    /**
     * Where the rows of windows lie, counted window by window.
     *
     * @param grid [B, H, W, C]
     * @param side of a window
     * @param down windows in a column of the grid
     * @param across windows in a row of the grid
     * @param windows dense [B * down * across, side * side, C]
     */
    private record Cut(View grid, int side, long down, long across, View windows) {
        static Cut of(View grid, int side, View windows) {
            return new Cut(grid, side, (grid.dim(1) + side - 1) / side, (grid.dim(2) + side - 1) / side, windows);
        }

        long rows() {
            return grid.dim(0) * down * across * side;
        }

        int width() {
            return Math.toIntExact(grid.dim(3));
        }

        /** Distance of neighbours in a row of the grid, in elements. */
        long gridStep() {
            return grid.stride(2);
        }

        private long top(long row) {
            return row / side / across % down * side + row % side;
        }

        private long left(long row) {
            return row / side % across * side;
        }

        /** Tokens of this row of a window that are on the grid. */
        int inside(long row) {
            return top(row) < grid.dim(1) ? (int) Math.min(side, grid.dim(2) - left(row)) : 0;
        }

        long gridAddress(long row) {
            long batch = row / side / across / down;
            return grid.at(batch * grid.stride(0) + top(row) * grid.stride(1) + left(row) * grid.stride(2));
        }

        long windowAddress(long row) {
            return windows.at(row * side * width());
        }

        /** Copies tokens that are so many elements apart. */
        void copy(DType from, long source, long step, DType to, long target, long targetStep, int tokens) {
            if (step == width() && targetStep == width()) {
                move(from, source, to, target, Math.multiplyExact(tokens, width()));
                return;
            }
            for (int i = 0; i < tokens; i++) {
                move(from, source + from.bytes() * step * i, to, target + to.bytes() * targetStep * i, width());
            }
        }
    }

    private static void move(DType from, long source, DType to, long target, int n) {
        if (from == to) {
            Rows.move(from.bytes(), source, 1, target, 1, n);
        } else if (from == DType.F32) {
            Rows.store(to, source, target, 1, n);
        } else {
            Rows.load(from, source, 1, target, n);
        }
    }
}
