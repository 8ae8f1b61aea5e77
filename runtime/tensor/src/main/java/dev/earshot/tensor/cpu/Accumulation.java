package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * out += alpha * the product of one or two factors, over the loops of all of them: a factor of size 1 along an axis is
 * repeated, an out of size 1 collects a sum. Sums run in fp64, in an order that depends on the sizes alone: along rows piece
 * by piece, across rows column by column.
 */
final class Accumulation {
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private final Binder binder;
    private final String name;
    private final List<View> factors;
    private final float alpha;
    private final View out;
    private final long[] loops;

    private Accumulation(Binder binder, String name, List<View> factors, float alpha, View out, long[] loops) {
        this.binder = binder;
        this.name = name;
        this.factors = factors.stream().map(factor -> factor.broadcastTo(loops)).toList();
        this.alpha = alpha;
        this.out = out.broadcastTo(loops);
        this.loops = loops;
    }

    /** See {@link dev.earshot.tensor.TrainingOps#accumulate}. */
    record Sum(View x, float alpha, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            Accumulation.bind(binder, "accumulate " + x + " -> " + out, List.of(x), alpha, out);
        }
    }

    /** See {@link dev.earshot.tensor.TrainingOps#accumulateProduct}. */
    record Product(View a, View b, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            Accumulation.bind(binder, "accumulate " + a + " * " + b + " -> " + out, List.of(a, b), 1, out);
        }
    }

    /** Adds the steps of out += alpha * factor[0] * …; nothing for loops without elements. */
    static void bind(Binder binder, String name, List<View> factors, float alpha, View out) {
        long[] loops = out.dims();
        for (View factor : factors) {
            loops = union(loops, factor.dims());
        }
        if (Arrays.stream(loops).noneMatch(size -> size == 0)) {
            new Accumulation(binder, name, factors, alpha, out, loops).bind();
        }
    }

    private static long[] union(long[] a, long[] b) {
        long[] sizes = new long[Math.max(a.length, b.length)];
        for (int i = 1; i <= sizes.length; i++) {
            long first = i <= a.length ? a[a.length - i] : 1;
            sizes[sizes.length - i] = first == 1 && i <= b.length ? b[b.length - i] : first;
        }
        return sizes;
    }

    /** True if the loop along {@code axis} adds to one and the same element of out. */
    private boolean summed(int axis) {
        return loops[axis] > 1 && out.stride(axis) == 0;
    }

    private void bind() {
        int innermost = loops.length - 1;
        while (innermost > 0 && loops[innermost] == 1) {
            innermost--;
        }
        boolean any = false;
        for (int axis = 0; axis < loops.length; axis++) {
            any |= summed(axis);
        }
        if (!any) {
            elementwise();
        } else if (summed(innermost)) {
            alongRows();
        } else {
            acrossRows();
        }
    }

    /** The product of the factors as dense pieces. */
    private final class Source {
        private final Operand first;
        private final Operand second;
        private final long product;

        Source(Worker worker, LoopSpace space) {
            this.first = new Operand(worker, factors.getFirst(), space.rowStride(0));
            boolean two = factors.size() == 2;
            this.second = two ? new Operand(worker, factors.getLast(), space.rowStride(1)) : null;
            this.product = two ? worker.scratch().allocate(4L * RowTask.PIECE) : 0;
        }

        /** Address of the values at these distances from the first element of each factor. */
        long dense(long firstOffset, long secondOffset, int n) {
            long values = first.dense(firstOffset, n);
            if (second == null) {
                return values;
            }
            Vectors.multiply(values, second.dense(secondOffset, n), product, n);
            return product;
        }
    }

    private View[] views() {
        return factors.size() == 2
                ? new View[] {factors.getFirst(), factors.getLast(), out}
                : new View[] {factors.getFirst(), factors.getFirst(), out};
    }

    private void elementwise() {
        LoopSpace space = LoopSpace.over(loops, views());
        RowTask.add(binder, name, space, 3, worker -> {
            Source source = new Source(worker, space);
            Gradient target = new Gradient(worker, out, space.rowStride(2));
            return (offsets, n) -> {
                long values = source.dense(offsets[0], offsets[1], n);
                Vectors.addScaled(alpha, values, target.current(offsets[2], n), n);
                target.store(offsets[2], n);
            };
        });
    }

    /** The loops over the axes that are summed, or over the others, for all views. */
    private LoopSpace part(boolean summed) {
        int[] axes = java.util.stream.IntStream.range(0, loops.length)
                .filter(axis -> summed(axis) == summed)
                .toArray();
        View[] parts = views();
        for (int v = 0; v < parts.length; v++) {
            View view = parts[v];
            parts[v] = view.with(
                    0,
                    Arrays.stream(axes).mapToLong(view::dim).toArray(),
                    Arrays.stream(axes).mapToLong(view::stride).toArray());
        }
        return LoopSpace.over(parts[0].dims(), parts);
    }

    /** The innermost loop is summed: partial sums of pieces of rows, then the sum of those of each element of out. */
    private void alongRows() {
        LoopSpace kept = part(false);
        LoopSpace summed = part(true);
        long pieces = (summed.rowLength() + RowTask.PIECE - 1) / RowTask.PIECE;
        long perElement = summed.rows() * pieces;
        long elements = kept.rows() * kept.rowLength();
        long partial = binder.temporary(DType.I64, elements, perElement).address(); // I64 for room: doubles
        RowSharing.add(
                binder, name, elements * perElement, Arrays.stream(loops).reduce(1, Math::multiplyExact), worker -> {
                    Source source = new Source(worker, summed);
                    long[] offsets = new long[2];
                    return unit -> {
                        long element = unit / perElement;
                        long row = unit % perElement / pieces;
                        long start = unit % pieces * RowTask.PIECE;
                        int n = (int) Math.min(RowTask.PIECE, summed.rowLength() - start);
                        for (int v = 0; v < 2; v++) {
                            offsets[v] = RowBackward.offset(kept, v, element)
                                    + summed.rowOffset(v, row)
                                    + start * summed.rowStride(v);
                        }
                        ALL.set(F64, partial + 8 * unit, Vectors.sum(source.dense(offsets[0], offsets[1], n), n));
                    };
                });
        RowSharing.add(binder, name + " pieces", elements, elements * perElement, worker -> element -> {
            double sum = 0;
            for (long i = 0; i < perElement; i++) {
                sum += ALL.get(F64, partial + 8 * (element * perElement + i));
            }
            long place = out.at(RowBackward.offset(kept, 2, element));
            ALL.set(F32, place, (float) (ALL.get(F32, place) + alpha * sum));
        });
    }

    /** The innermost loop is kept: columns side by side, each summed over all rows. */
    private void acrossRows() {
        LoopSpace kept = part(false);
        LoopSpace summed = part(true);
        long rows = summed.rows() * summed.rowLength();
        // Narrow enough for every worker to get some columns, wide enough for whole cache lines.
        long strip = Math.clamp((kept.rowLength() / binder.workers() + 15) & -16, 16, RowTask.PIECE);
        long strips = (kept.rowLength() + strip - 1) / strip;
        long elements = rows * kept.rows() * kept.rowLength();
        RowSharing.add(binder, name, kept.rows() * strips, elements, worker -> {
            Source source = new Source(worker, kept);
            Gradient target = new Gradient(worker, out, kept.rowStride(2));
            long sums = worker.scratch().allocate(8L * RowTask.PIECE);
            return unit -> {
                long start = unit % strips * strip;
                int n = (int) Math.min(strip, kept.rowLength() - start);
                Vectors.clear(sums, n);
                long first = kept.rowOffset(0, unit / strips) + start * kept.rowStride(0);
                long second = kept.rowOffset(1, unit / strips) + start * kept.rowStride(1);
                for (long row = 0; row < rows; row++) {
                    long values = source.dense(
                            first + RowBackward.offset(summed, 0, row), second + RowBackward.offset(summed, 1, row), n);
                    Vectors.addTo(sums, values, n);
                }
                long place = kept.rowOffset(2, unit / strips) + start * kept.rowStride(2);
                Vectors.addScaledSums(alpha, sums, target.current(place, n), n);
                target.store(place, n);
            };
        });
    }

    /** See {@link dev.earshot.tensor.TrainingOps#fill}. */
    record Fill(View out, float value) implements Op {
        @Override
        public void bind(Binder binder) {
            LoopSpace space = LoopSpace.over(out.dims(), out);
            RowTask.add(binder, "fill " + out, space, 1, worker -> {
                long piece = worker.scratch().allocate(4L * RowTask.PIECE);
                boolean inPlace = out.dtype() == DType.F32 && space.rowStride(0) == 1;
                return (offsets, n) -> {
                    Rows.fill(value, inPlace ? out.at(offsets[0]) : piece, n);
                    if (!inPlace) {
                        Rows.store(out.dtype(), piece, out.at(offsets[0]), space.rowStride(0), n);
                    }
                };
            });
        }
    }
}
