package dev.earshot.tensor.reference;

import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/** Definitions of the reductions. */
final class ReduceOps {
    private ReduceOps() {}

    static void reduce(ReduceOp op, Tensor x, int axis, Tensor out, Rounding rounding) {
        double[] values = Elements.read(x);
        int index = x.shape().axis(axis);
        int size = Math.toIntExact(x.dim(index));
        int inner = 1;
        for (int i = index + 1; i < x.shape().rank(); i++) {
            inner *= Math.toIntExact(x.dim(i));
        }
        double[] y = new double[Math.toIntExact(out.shape().elements())];
        for (int at = 0; at < y.length; at++) {
            int first = at / inner * size * inner + at % inner;
            y[at] = rounding.round(reduce(op, values, first, inner, size));
        }
        Elements.write(y, out);
    }

    /** Over {@code size} elements that lie {@code step} apart. */
    private static double reduce(ReduceOp op, double[] values, int first, int step, int size) {
        double sum = 0;
        double max = Double.NEGATIVE_INFINITY;
        double min = Double.POSITIVE_INFINITY;
        for (int i = 0; i < size; i++) {
            double value = values[first + i * step];
            sum += value;
            max = Math.max(max, value);
            min = Math.min(min, value);
        }
        return switch (op) {
            case SUM -> sum;
            case MEAN -> sum / size;
            case MAX -> max;
            case MIN -> min;
            case LOG_SUM_EXP -> logSumExp(values, first, step, size, max);
        };
    }

    /** max + log of the sum of exp(x - max); the maximum itself where that difference has no meaning. */
    private static double logSumExp(double[] values, int first, int step, int size, double max) {
        if (Double.isInfinite(max)) {
            return max;
        }
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += Math.exp(values[first + i * step] - max);
        }
        return max + Math.log(sum);
    }

    /** The lowest index of the largest element of every row; elements that are NaN never win. */
    static void argmax(Tensor x, Tensor out) {
        double[] row = new double[Elements.rowLength(x)];
        long[] best = new long[Math.toIntExact(out.shape().elements())];
        for (int r = 0; r < best.length; r++) {
            Elements.readRow(x, r, row, 0);
            int at = 0;
            for (int i = 1; i < row.length; i++) {
                if (row[i] > row[at] || (Double.isNaN(row[at]) && !Double.isNaN(row[i]))) {
                    at = i;
                }
            }
            best[r] = at;
        }
        Elements.writeIntegers(best, out);
    }
}
