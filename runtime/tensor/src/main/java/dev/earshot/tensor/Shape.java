package dev.earshot.tensor;

import java.util.Arrays;

/** The sizes of a tensor's dimensions, outermost first; immutable. A rank of 0 is a scalar, a size of 0 is legal. */
public final class Shape {
    /** Highest rank that every backend supports. */
    public static final int MAX_RANK = 8;

    private final long[] dims;
    private final long elements;

    private Shape(long[] dims) {
        if (dims.length > MAX_RANK) {
            throw new IllegalArgumentException(
                    "shape: expected at most %d dimensions, got %s".formatted(MAX_RANK, Arrays.toString(dims)));
        }
        long product = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("shape: negative dimension in " + Arrays.toString(dims));
            }
            try {
                product = Math.multiplyExact(product, dim);
            } catch (ArithmeticException e) {
                throw new IllegalArgumentException(
                        "shape: the element count of %s overflows 64 bits".formatted(Arrays.toString(dims)), e);
            }
        }
        this.dims = dims;
        this.elements = product;
    }

    /** A shape of the given sizes. */
    public static Shape of(long... dims) {
        return new Shape(dims.clone());
    }

    /** Number of dimensions. */
    public int rank() {
        return dims.length;
    }

    /** Size of dimension {@code axis}; negative axes count from the end, so -1 is the innermost. */
    public long dim(int axis) {
        return dims[axis(axis)];
    }

    /** {@code axis} counted from the front, after checking that it exists. */
    public int axis(int axis) {
        int index = axis < 0 ? axis + dims.length : axis;
        if (index < 0 || index >= dims.length) {
            throw new IllegalArgumentException("axis %d does not exist in shape %s".formatted(axis, this));
        }
        return index;
    }

    /** Product of all sizes; 1 for a scalar. */
    public long elements() {
        return elements;
    }

    /** A copy of the sizes. */
    public long[] toArray() {
        return dims.clone();
    }

    /** This shape with the size of one axis replaced. */
    public Shape with(int axis, long size) {
        long[] copy = dims.clone();
        copy[axis(axis)] = size;
        return new Shape(copy);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(dims, shape.dims);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(dims);
    }

    /** For example {@code [2, 257, 1280]}. */
    @Override
    public String toString() {
        return Arrays.toString(dims);
    }
}
