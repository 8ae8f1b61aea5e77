package dev.earshot.tensor.cpu;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import java.util.Arrays;
import java.util.Locale;

/** A tensor by address: equal views read and write the same elements, so a bound op can be reused for them. */
final class View {
    private final long address;
    private final DType dtype;
    private final long[] dims;
    private final long[] strides; // in elements
    private final int hash;

    View(long address, DType dtype, long[] dims, long[] strides) {
        this.address = address;
        this.dtype = dtype;
        this.dims = dims;
        this.strides = strides;
        this.hash = (Long.hashCode(address) * 31 + dtype.ordinal()) * 31
                + Arrays.hashCode(dims) * 31
                + Arrays.hashCode(strides);
    }

    /** The view of a tensor in host memory. */
    static View of(Tensor tensor) {
        int rank = tensor.shape().rank();
        long[] strides = new long[rank];
        for (int i = 0; i < rank; i++) {
            strides[i] = tensor.stride(i);
        }
        return new View(
                tensor.segment().address(), tensor.dtype(), tensor.shape().toArray(), strides);
    }

    /** A row-major view without gaps. */
    static View dense(long address, DType dtype, long... dims) {
        return new View(address, dtype, dims, denseStrides(dims));
    }

    static long[] denseStrides(long[] dims) {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= dims[i];
        }
        return strides;
    }

    long address() {
        return address;
    }

    DType dtype() {
        return dtype;
    }

    int rank() {
        return dims.length;
    }

    /** Size of an axis; negative axes count from the end. */
    long dim(int axis) {
        return dims[axis < 0 ? axis + dims.length : axis];
    }

    /** Distance of neighbours along an axis in elements; 0 along an axis of size 1, where it has no meaning. */
    long stride(int axis) {
        int index = axis < 0 ? axis + dims.length : axis;
        return dims[index] == 1 ? 0 : strides[index];
    }

    long[] dims() {
        return dims;
    }

    long[] strides() {
        return strides;
    }

    long elements() {
        long product = 1;
        for (long dim : dims) {
            product *= dim;
        }
        return product;
    }

    /** Byte address of the element {@code steps} elements after the first. */
    long at(long steps) {
        return address + steps * dtype.bytes();
    }

    boolean isDense() {
        long step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            if (dims[i] != 1 && strides[i] != step) {
                return false;
            }
            step *= dims[i];
        }
        return true;
    }

    /** True if the elements of a row lie side by side. */
    boolean hasDenseRows() {
        return dim(-1) == 1 || stride(-1) == 1;
    }

    /** This view with other sizes and strides. */
    View with(long elementOffset, long[] newDims, long[] newStrides) {
        return new View(at(elementOffset), dtype, newDims, newStrides);
    }

    /** This view with one axis moved behind the others. */
    View withAxisLast(int axis) {
        long[] newDims = dims.clone();
        long[] newStrides = strides.clone();
        for (int i = axis; i < dims.length - 1; i++) {
            newDims[i] = dims[i + 1];
            newStrides[i] = strides[i + 1];
        }
        newDims[dims.length - 1] = dims[axis];
        newStrides[dims.length - 1] = strides[axis];
        return with(0, newDims, newStrides);
    }

    /** This view repeated along axes of size 1 to reach {@code target}, leading axes added. */
    View broadcastTo(long[] target) {
        long[] steps = new long[target.length];
        int added = target.length - dims.length;
        for (int i = added; i < target.length; i++) {
            steps[i] = dims[i - added] == 1 ? 0 : strides[i - added];
        }
        return new View(address, dtype, target, steps);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof View view
                && hash == view.hash
                && address == view.address
                && dtype == view.dtype
                && Arrays.equals(dims, view.dims)
                && Arrays.equals(strides, view.strides);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    /** Type and sizes, for names of steps. */
    @Override
    public String toString() {
        return dtype.name().toLowerCase(Locale.ROOT) + Arrays.toString(dims);
    }
}
