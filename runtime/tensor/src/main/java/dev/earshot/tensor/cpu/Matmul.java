package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;
import java.util.Arrays;

/** out = alpha a b, batched: whole matrices are shared between the workers, or their rows where there are too few. */
record Matmul(View a, View b, float alpha, View out) implements Op {
    /** Below this many operations waking the others costs more than they save. */
    private static final long SMALLEST_SHARED = 500_000;

    @Override
    public void bind(Binder binder) {
        DType operands = a.dtype() == DType.BF16 && binder.nativeBf16() ? DType.BF16 : DType.F32;
        View left = binder.input(a, operands, Products.rowsApart(a));
        View right = binder.input(b, operands, Products.rowsApart(b) || columnsApart(b));
        View target = binder.output(out, operands, Products.rowsApart(out));
        product(binder, operands, left, right, target);
        binder.finish(target, out);
    }

    /** True if the columns of the last two axes are dense and do not overlap: a transposed view. */
    static boolean columnsApart(View b) {
        return (b.dim(-2) == 1 || b.stride(-2) == 1) && (b.dim(-1) == 1 || b.stride(-1) >= b.dim(-2));
    }

    private void product(Binder binder, DType operands, View left, View right, View target) {
        long[] batchDims = Arrays.copyOf(target.dims(), target.rank() - 2);
        LoopSpace batches = LoopSpace.over(
                batchDims, batches(left, batchDims), batches(right, batchDims), batches(target, batchDims));
        long count = batches.rows() * batches.rowLength();
        long rows = target.dim(-2);
        long flops = 2 * count * rows * left.dim(-1) * target.dim(-1);
        int workers = flops < SMALLEST_SHARED ? 1 : binder.workers();
        int tiles = count >= workers ? 1 : (int) Math.clamp(rows / 8, 1, (workers + count - 1) / count);
        Products.Layout rightLayout = Products.rowsApart(right)
                ? Products.Layout.rows(Products.rowStride(right))
                : Products.Layout.columns(Math.max(right.stride(-1), right.dim(-2)));
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            ProductShare share = new ProductShare(binder, binder.worker(i));
            for (long unit = count * tiles * i / workers; unit < count * tiles * (i + 1) / workers; unit++) {
                long first = Binder.split(rows, (int) (unit % tiles), tiles, 8);
                long height = Binder.split(rows, (int) (unit % tiles) + 1, tiles, 8) - first;
                if (height > 0) {
                    share.add(
                            new Products.Key(
                                    operands,
                                    target.dtype(),
                                    height,
                                    left.dim(-1),
                                    target.dim(-1),
                                    Products.Layout.rows(Products.rowStride(left)),
                                    rightLayout,
                                    Products.rowStride(target),
                                    alpha,
                                    Products.Bias.NONE),
                            left.at(offset(batches, 0, unit / tiles) + first * Products.rowStride(left)),
                            right.at(offset(batches, 1, unit / tiles)),
                            target.at(offset(batches, 2, unit / tiles) + first * Products.rowStride(target)));
                }
            }
            shares[i] = share.task();
        }
        binder.add("matmul %d x %d x %d x %d".formatted(count, rows, left.dim(-1), target.dim(-1)), flops, shares);
    }

    /** One element per matrix, repeated where the batch axis has size 1. */
    static View batches(View view, long[] dims) {
        int rank = view.rank() - 2;
        return view.with(0, Arrays.copyOf(view.dims(), rank), Arrays.copyOf(view.strides(), rank))
                .broadcastTo(dims);
    }

    static long offset(LoopSpace batches, int view, long batch) {
        return batches.rowOffset(view, batch / batches.rowLength())
                + batch % batches.rowLength() * batches.rowStride(view);
    }
}
