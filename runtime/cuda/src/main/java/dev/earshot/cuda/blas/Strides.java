package dev.earshot.cuda.blas;

import dev.earshot.tensor.Tensor;

/**
 * How one matrix of a batched product lies in memory: distances in elements.
 *
 * @param row between neighbouring rows
 * @param column between neighbouring columns
 * @param leading along each leading axis; 0 where the matrix is repeated, or, for a result, summed into
 */
public record Strides(long row, long column, long[] leading) {
    /** The last two axes of x as the matrix, the others leading; axes of size 1 get stride 0. */
    public static Strides ofMatrix(Tensor x) {
        return new Strides(x.stride(-2), x.stride(-1), leading(x, x.shape().rank() - 2));
    }

    /** Every row of x as a matrix of one row, so that the planner may merge rows as far as memory allows. */
    public static Strides ofRows(Tensor x) {
        return new Strides(x.dim(-1), x.stride(-1), leading(x, x.shape().rank() - 1));
    }

    /** The same matrix for every leading index. */
    public static Strides repeated(long row, long column, int leading) {
        return new Strides(row, column, new long[leading]);
    }

    private static long[] leading(Tensor x, int count) {
        long[] strides = new long[count];
        for (int axis = 0; axis < count; axis++) {
            strides[axis] = x.dim(axis) == 1 ? 0 : x.stride(axis);
        }
        return strides;
    }

    /** The transposed matrix. */
    public Strides transposed() {
        return new Strides(column, row, leading);
    }

    /** True if a matrix of this size lies in row-major order, rows possibly further apart than they are long. */
    public boolean isRowMajor(long rows, long columns) {
        return (columns == 1 || column == 1) && (rows == 1 || row >= columns);
    }

    /** True if a matrix of this size lies in column-major order. */
    public boolean isColumnMajor(long rows, long columns) {
        return transposed().isRowMajor(columns, rows);
    }

    /** True if cuBLASLt can take a matrix of this size as it lies. */
    public boolean isTakenAsIs(long rows, long columns) {
        return isRowMajor(rows, columns) || isColumnMajor(rows, columns);
    }
}
