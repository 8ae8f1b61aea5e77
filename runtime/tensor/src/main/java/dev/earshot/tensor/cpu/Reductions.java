package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.ReduceOp;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Locale;

/**
 * Reductions of rows and axes. Sums run in index order in double precision, so they do not depend on how rows are shared
 * between the workers.
 */
final class Reductions {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;

    private Reductions() {}

    /** See {@link dev.earshot.tensor.Backend#reduce}. */
    record Reduce(ReduceOp op, View x, int axis, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            if (op == ReduceOp.LOG_SUM_EXP && axis < x.rank() - 1) {
                new Reduce(op, x.withAxisLast(axis), x.rank() - 1, out).bind(binder); // it needs two passes over a row
                return;
            }
            View source = binder.denseInput(x);
            View target = binder.denseOutput(out);
            long inner = product(x.dims(), axis + 1, x.rank());
            long length = x.dim(axis);
            long outer = product(x.dims(), 0, axis);
            String name = op.name().toLowerCase(Locale.ROOT) + " " + x + " axis " + axis;
            if (inner == 1) {
                RowSharing.add(
                        binder,
                        name,
                        outer,
                        x.elements(),
                        worker -> row ->
                                ALL.set(F32, target.at(row), (float) reduceRow(op, source.at(row * length), length)));
            } else {
                // Columns side by side: a unit is one strip of up to a piece of columns of one outer index.
                long strips = (inner + RowTask.PIECE - 1) / RowTask.PIECE;
                RowSharing.add(binder, name, outer * strips, x.elements(), worker -> {
                    long sums = worker.scratch().allocate(8L * RowTask.PIECE);
                    return unit -> {
                        long first = unit % strips * RowTask.PIECE;
                        int n = (int) Math.min(RowTask.PIECE, inner - first);
                        long block = unit / strips;
                        reduceColumns(op, source.at(block * length * inner + first), inner, length, sums, n);
                        storeColumns(sums, op == ReduceOp.MEAN ? length : 1, target.at(block * inner + first), n);
                    };
                });
            }
            binder.finish(target, out);
        }
    }

    /** See {@link dev.earshot.tensor.Backend#l2Normalize}. */
    record L2Normalize(View x, float eps, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            View source = binder.denseInput(x);
            View target = binder.denseOutput(out);
            int width = Math.toIntExact(x.dim(-1));
            RowSharing.add(binder, "l2Normalize " + x, x.elements() / width, x.elements(), worker -> row -> {
                long from = source.at(row * width);
                divideRow(from, Math.max((float) Math.sqrt(squares(from, width)), eps), target.at(row * width), width);
            });
            binder.finish(target, out);
        }
    }

    /** See {@link dev.earshot.tensor.Backend#argmax}. */
    record Argmax(View x, View out) implements Op {
        @Override
        public void bind(Binder binder) {
            View source = binder.denseInput(x);
            View target = out.isDense() ? out : binder.temporary(DType.I32, out.dims());
            int width = Math.toIntExact(x.dim(-1));
            RowSharing.add(
                    binder,
                    "argmax " + x,
                    x.elements() / width,
                    x.elements(),
                    worker -> row -> ALL.set(
                            ValueLayout.JAVA_INT_UNALIGNED, target.at(row), argmax(source.at(row * width), width)));
            binder.finish(target, out);
        }
    }

    private static long product(long[] dims, int from, int to) {
        return Arrays.stream(dims, from, to).reduce(1, Math::multiplyExact);
    }

    private static double reduceRow(ReduceOp op, long from, long n) {
        return switch (op) {
            case SUM -> sum(from, n);
            case MEAN -> sum(from, n) / n;
            case MAX -> max(from, n);
            case MIN -> min(from, n);
            case LOG_SUM_EXP -> logSumExp(from, n);
        };
    }

    /** max + log of the sum of exp(x - max); the maximum itself where that difference has no meaning. */
    private static double logSumExp(long from, long n) {
        float max = max(from, n);
        if (Float.isInfinite(max)) {
            return max;
        }
        double sum = 0;
        for (long i = 0; i < n; i++) {
            sum += Math.exp(ALL.get(F32, from + 4 * i) - (double) max);
        }
        return max + Math.log(sum);
    }

    private static double sum(long from, long n) {
        double sum = 0;
        for (long i = 0; i < n; i++) {
            sum += ALL.get(F32, from + 4 * i);
        }
        return sum;
    }

    private static double squares(long from, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double value = ALL.get(F32, from + 4L * i);
            sum += value * value;
        }
        return sum;
    }

    private static float max(long from, long n) {
        float max = Float.NEGATIVE_INFINITY;
        for (long i = 0; i < n; i++) {
            max = Math.max(max, ALL.get(F32, from + 4 * i));
        }
        return max;
    }

    private static float min(long from, long n) {
        float min = Float.POSITIVE_INFINITY;
        for (long i = 0; i < n; i++) {
            min = Math.min(min, ALL.get(F32, from + 4 * i));
        }
        return min;
    }

    private static void divideRow(long from, float divisor, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(F32, from + 4L * i) / divisor);
        }
    }

    private static int argmax(long from, int n) {
        int best = 0;
        float max = ALL.get(F32, from);
        for (int i = 1; i < n; i++) {
            float value = ALL.get(F32, from + 4L * i);
            if (value > max) {
                max = value;
                best = i;
            }
        }
        return best;
    }

    private static void reduceColumns(ReduceOp op, long from, long stride, long rows, long sums, int n) {
        double start = switch (op) {
            case SUM, MEAN -> 0;
            case MAX -> Double.NEGATIVE_INFINITY;
            case MIN -> Double.POSITIVE_INFINITY;
            case LOG_SUM_EXP -> throw new AssertionError("always along rows");
        };
        for (int i = 0; i < n; i++) {
            ALL.set(F64, sums + 8L * i, start);
        }
        for (long row = 0; row < rows; row++) {
            long at = from + 4 * stride * row;
            switch (op) {
                case SUM, MEAN -> addRow(at, sums, n);
                case MAX -> maxRow(at, sums, n);
                case MIN -> minRow(at, sums, n);
                case LOG_SUM_EXP -> throw new AssertionError("always along rows");
            }
        }
    }

    private static void addRow(long from, long sums, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F64, sums + 8L * i, ALL.get(F64, sums + 8L * i) + ALL.get(F32, from + 4L * i));
        }
    }

    private static void maxRow(long from, long sums, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F64, sums + 8L * i, Math.max(ALL.get(F64, sums + 8L * i), ALL.get(F32, from + 4L * i)));
        }
    }

    private static void minRow(long from, long sums, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F64, sums + 8L * i, Math.min(ALL.get(F64, sums + 8L * i), ALL.get(F32, from + 4L * i)));
        }
    }

    private static void storeColumns(long sums, double divisor, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, (float) (ALL.get(F64, sums + 8L * i) / divisor));
        }
    }
}
