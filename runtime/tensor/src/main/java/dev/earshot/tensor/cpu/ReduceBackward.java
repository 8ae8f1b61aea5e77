package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.ReduceOp;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Locale;

/**
 * Each element's share of the gradient of what a row was reduced to, for MAX, MIN and LOG_SUM_EXP. The reduced axis is
 * brought to the end first. See {@link dev.earshot.tensor.TrainingOps#reduceBackward}.
 */
record ReduceBackward(ReduceOp op, View x, int axis, View gradOut, View gradX) implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        View rows = binder.denseInput(x.withAxisLast(axis));
        View grad = binder.denseInput(gradOut);
        View shares = binder.temporary(DType.F32, rows.dims());
        int length = Math.toIntExact(x.dim(axis));
        String name = op.name().toLowerCase(Locale.ROOT) + " backward " + x + " axis " + axis;
        RowSharing.add(
                binder,
                name,
                x.elements() / length,
                x.elements(),
                worker -> row ->
                        share(rows.at(row * length), length, ALL.get(F32, grad.at(row)), shares.at(row * length)));
        Accumulation.bind(binder, name + " add", List.of(shares), 1, gradX.withAxisLast(axis));
    }

    private void share(long row, int n, float grad, long target) {
        int best = op == ReduceOp.MIN ? smallest(row, n) : largest(row, n);
        float extreme = ALL.get(F32, row + 4L * best);
        if (op != ReduceOp.LOG_SUM_EXP) {
            Rows.fill(0, target, n);
            ALL.set(F32, target + 4L * best, grad);
        } else if (extreme == Float.NEGATIVE_INFINITY) {
            Rows.fill(0, target, n); // the value of such a row depends on none of its elements
        } else {
            exponentials(row, extreme, target, n);
            Vectors.scale((float) (grad / Vectors.sum(target, n)), target, n);
        }
    }

    /** The first of the largest elements; a NaN is larger than all. */
    private static int largest(long row, int n) {
        int best = 0;
        float max = ALL.get(F32, row);
        for (int i = 1; i < n; i++) {
            float value = ALL.get(F32, row + 4L * i);
            if (value > max || (Float.isNaN(value) && !Float.isNaN(max))) {
                max = value;
                best = i;
            }
        }
        return best;
    }

    /** The first of the smallest elements; a NaN is smaller than all. */
    private static int smallest(long row, int n) {
        int best = 0;
        float min = ALL.get(F32, row);
        for (int i = 1; i < n; i++) {
            float value = ALL.get(F32, row + 4L * i);
            if (value < min || (Float.isNaN(value) && !Float.isNaN(min))) {
                min = value;
                best = i;
            }
        }
        return best;
    }

    private static void exponentials(long row, float shift, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, (float) Math.exp((double) ALL.get(F32, row + 4L * i) - shift));
        }
    }
}
