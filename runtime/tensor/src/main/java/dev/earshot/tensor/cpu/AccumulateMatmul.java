package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;
import java.util.ArrayList;
import java.util.List;

/**
 * out += alpha a b, batched, summed over the leading axes where out has size 1. Such a sum becomes part of the product's
 * depth where the operands lie so that one stride walks through all batches (weight gradients do): one product instead of
 * one per batch element. Otherwise a worker adds the batches' products to its part of out one after the other.
 */
record AccumulateMatmul(View a, View b, float alpha, View out) implements Op {
    /** Below this many operations waking the others costs more than they save. */
    private static final long SMALLEST_SHARED = 500_000;

    @Override
    public void bind(Binder binder) {
        boolean half = a.dtype() == DType.BF16 && b.dtype() == DType.BF16 && binder.nativeBf16();
        DType operands = half ? DType.BF16 : DType.F32;
        View left = binder.input(a, operands, dense(a));
        View right = binder.input(b, operands, dense(b));
        View target = out;
        if (!Products.rowsApart(out)) {
            target = binder.temporary(DType.F32, out.dims());
            Copy.bind(binder, out, target);
        }
        product(binder, operands, left, right, target);
        binder.finish(target, out);
    }

    private static boolean dense(View x) {
        return Products.rowsApart(x) || Matmul.columnsApart(x);
    }

    private static Products.Layout layout(View x) {
        return Products.rowsApart(x)
                ? Products.Layout.rows(Products.rowStride(x))
                : Products.Layout.columns(Math.max(x.stride(-1), x.dim(-2)));
    }

    /** The batch axes of the three views, those that are summed or the others. */
    private static LoopSpace batches(View left, View right, View target, boolean summed) {
        List<Integer> axes = new ArrayList<>();
        for (int axis = 0; axis < left.rank() - 2; axis++) {
            if ((left.dim(axis) > 1 && target.dim(axis) == 1) == summed) {
                axes.add(axis);
            }
        }
        View[] parts = {left, right, target};
        for (int v = 0; v < parts.length; v++) {
            View view = parts[v];
            parts[v] = view.with(
                    0,
                    axes.stream().mapToLong(left::dim).toArray(),
                    axes.stream().mapToLong(view::stride).toArray());
        }
        return LoopSpace.over(parts[0].dims(), parts);
    }

    private void product(Binder binder, DType operands, View left, View right, View target) {
        LoopSpace kept = batches(left, right, target, false);
        LoopSpace summed = batches(left, right, target, true);
        long depth = left.dim(-1);
        long rows = target.dim(-2);
        long columns = target.dim(-1);
        long terms = summed.rows() * summed.rowLength();
        boolean folds = terms > 1
                && depth > 1
                && summed.rows() == 1
                && summed.rowStride(0) == depth * left.stride(-1)
                && summed.rowStride(1) == depth * right.stride(-2);
        long steps = folds ? 1 : terms;
        long stepDepth = folds ? terms * depth : depth;
        long count = kept.rows() * kept.rowLength();
        long flops = 2 * count * rows * terms * depth * columns;
        int workers = flops < SMALLEST_SHARED ? 1 : binder.workers();
        boolean byRows = rows >= columns;
        long longer = Math.max(rows, columns);
        int tiles = count >= workers ? 1 : (int) Math.clamp(longer / 16, 1, (workers + count - 1) / count);
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            ProductShare share = new ProductShare(binder, binder.worker(i));
            for (long unit = count * tiles * i / workers; unit < count * tiles * (i + 1) / workers; unit++) {
                long first = Binder.split(longer, (int) (unit % tiles), tiles, 16);
                long length = Binder.split(longer, (int) (unit % tiles) + 1, tiles, 16) - first;
                Products.Key key = new Products.Key(
                        operands,
                        DType.F32,
                        byRows ? length : rows,
                        stepDepth,
                        byRows ? columns : length,
                        layout(left),
                        layout(right),
                        Products.rowStride(target),
                        alpha,
                        Products.Bias.RESULT);
                long[] starts = {
                    RowBackward.offset(kept, 0, unit / tiles) + (byRows ? first * left.stride(-2) : 0),
                    RowBackward.offset(kept, 1, unit / tiles) + (byRows ? 0 : first * right.stride(-1)),
                    RowBackward.offset(kept, 2, unit / tiles) + first * (byRows ? target.stride(-2) : 1)
                };
                for (long step = 0; length > 0 && step < steps; step++) {
                    share.add(
                            key,
                            left.at(starts[0] + RowBackward.offset(summed, 0, step)),
                            right.at(starts[1] + RowBackward.offset(summed, 1, step)),
                            target.at(starts[2]));
                }
            }
            shares[i] = share.task();
        }
        binder.add("accumulate matmul %d x %d x %d x %d".formatted(count, rows, terms * depth, columns), flops, shares);
    }
}
