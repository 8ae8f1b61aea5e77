package dev.earshot.cuda.blas;

import dev.earshot.cuda.blas.ProductPlan.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Finds the fewest calls for a batched product over strided views. Leading axes are merged where all operands allow it,
 * summed axes become part of K and rows part of M where memory allows that, the longest axis left becomes the batch of a
 * call, and the rest are loops around it.
 */
final class ProductPlanner {
    private static final int A = 0;
    private static final int B = 1;
    private static final int C = 2;
    private static final int D = 3;

    private long m;
    private long n;
    private long k;
    private final boolean swapped;
    private final long[] rows = new long[4];
    private final long[] columns = new long[4];
    private final List<Axis> axes = new ArrayList<>();

    /** A leading axis with the strides of the four operands. */
    private record Axis(long size, long[] strides) {
        boolean isSummed() {
            return strides[D] == 0;
        }
    }

    private ProductPlanner(long m, long n, long k, long[] leading, Strides... operands) {
        this.swapped = !operands[D].isRowMajor(m, n);
        this.m = swapped ? n : m;
        this.n = swapped ? m : n;
        this.k = k;
        Strides[] ordered = swapped
                ? new Strides[] {
                    operands[B].transposed(),
                    operands[A].transposed(),
                    operands[C].transposed(),
                    operands[D].transposed()
                }
                : operands;
        for (int i = 0; i < 4; i++) {
            rows[i] = ordered[i].row();
            columns[i] = ordered[i].column();
        }
        for (int axis = 0; axis < leading.length; axis++) {
            if (leading[axis] > 1) {
                long[] strides = new long[4];
                for (int i = 0; i < 4; i++) {
                    strides[i] = ordered[i].leading()[axis];
                }
                append(new Axis(leading[axis], strides));
            }
        }
    }

    /**
     * Plans D[m, n] = A[m, k] B[k, n] + C[m, n] for every leading index.
     *
     * @param leading sizes of the leading axes
     * @param a must be {@link Strides#isTakenAsIs}, and so the others
     * @param c added to the product; d itself where nothing else is
     * @param d a leading stride of 0 sums over that axis, for which c must be d
     */
    static ProductPlan plan(long m, long n, long k, long[] leading, Strides a, Strides b, Strides c, Strides d) {
        ProductPlanner planner = new ProductPlanner(m, n, k, leading, a, b, c, d);
        planner.foldSums();
        planner.foldRows();
        return planner.finish();
    }

    /** Adds an inner axis, as part of the one before if all operands walk on over both as over one. */
    private void append(Axis inner) {
        if (!axes.isEmpty()) {
            Axis outer = axes.getLast();
            boolean merges = true;
            for (int i = 0; i < 4; i++) {
                merges &= outer.strides[i] == inner.size * inner.strides[i];
            }
            if (merges) {
                axes.removeLast();
                axes.add(new Axis(outer.size * inner.size, inner.strides));
                return;
            }
        }
        axes.add(inner);
    }

    /** Makes summed axes part of K: A's columns and B's rows go on from one matrix to the next. */
    private void foldSums() {
        for (int i = axes.size() - 1; i >= 0; i--) {
            Axis axis = axes.get(i);
            if (!axis.isSummed()) {
                continue;
            }
            long columnOfA = k == 1 ? axis.strides[A] : columns[A];
            long rowOfB = k == 1 ? axis.strides[B] : rows[B];
            boolean goesOn = axis.strides[A] == k * columnOfA && axis.strides[B] == k * rowOfB;
            long longer = k * axis.size;
            if (goesOn && takes(rows[A], columnOfA, m, longer) && takes(rowOfB, columns[B], longer, n)) {
                columns[A] = columnOfA;
                rows[B] = rowOfB;
                k = longer;
                axes.remove(i);
            }
        }
    }

    /** Makes axes along which B is repeated part of M: the rows of A, C and D go on from one matrix to the next. */
    private void foldRows() {
        for (int i = axes.size() - 1; i >= 0; i--) {
            Axis axis = axes.get(i);
            if (axis.isSummed() || axis.strides[B] != 0) {
                continue;
            }
            long[] next = rows.clone();
            boolean goesOn = true;
            for (int operand : new int[] {A, C, D}) {
                next[operand] = m == 1 ? axis.strides[operand] : rows[operand];
                goesOn &= axis.strides[operand] == m * next[operand];
            }
            long more = m * axis.size;
            if (goesOn
                    && takes(next[A], columns[A], more, k)
                    && new Strides(next[C], columns[C], NONE).isRowMajor(more, n)
                    && new Strides(next[D], columns[D], NONE).isRowMajor(more, n)) {
                System.arraycopy(next, 0, rows, 0, rows.length);
                m = more;
                axes.remove(i);
            }
        }
    }

    private static final long[] NONE = {};

    private static boolean takes(long row, long column, long rows, long columns) {
        return new Strides(row, column, NONE).isTakenAsIs(rows, columns);
    }

    private ProductPlan finish() {
        Axis batch = new Axis(1, new long[4]);
        for (Axis axis : axes) {
            if (!axis.isSummed() && axis.size > batch.size) {
                batch = axis;
            }
        }
        List<Axis> loops = new ArrayList<>(axes);
        loops.remove(batch);
        return new ProductPlan(
                m,
                n,
                k,
                swapped,
                batch.size,
                part(A, m, k, batch, loops),
                part(B, k, n, batch, loops),
                part(C, m, n, batch, loops),
                part(D, m, n, batch, loops),
                loops.stream().mapToLong(Axis::size).toArray());
    }

    private Part part(int operand, long height, long width, Axis batch, List<Axis> loops) {
        Strides strides = new Strides(rows[operand], columns[operand], NONE);
        boolean columnMajor = !strides.isRowMajor(height, width);
        if (columnMajor && (operand >= C || !strides.isColumnMajor(height, width))) {
            throw new IllegalArgumentException(
                    "product operand %s: expected dense rows or columns, got [%d, %d] strides %s"
                            .formatted("ABCD".charAt(operand), height, width, Arrays.toString(new long[] {
                                strides.row(), strides.column()
                            })));
        }
        long ld = columnMajor ? width == 1 ? height : strides.column() : height == 1 ? width : strides.row();
        long[] steps = loops.stream().mapToLong(axis -> axis.strides[operand]).toArray();
        return new Part(columnMajor, ld, batch.strides[operand], steps);
    }
}
