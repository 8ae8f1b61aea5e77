package dev.earshot.tensor;

import java.lang.foreign.MemorySegment;

/**
 * A typed, strided view of a {@link Storage}. Shape, type and strides never change; the elements do, when an op writes
 * them. Freshly allocated tensors are contiguous and row-major; {@link #slice} and {@link #transpose} give strided views of
 * the same memory. The memory belongs to the workspace or parameter scope that allocated it; a tensor needs no closing
 * and must not be used after its owner was reset or closed.
 */
public final class Tensor {
    private final Storage storage;
    private final long offset;
    private final DType dtype;
    private final Shape shape;
    private final long[] strides;
    private final boolean contiguous;

    private Tensor(Storage storage, long offset, DType dtype, Shape shape, long[] strides) {
        this.storage = storage;
        this.offset = offset;
        this.dtype = dtype;
        this.shape = shape;
        this.strides = strides;
        this.contiguous = isDense(shape, strides);
        long last = offset;
        for (int i = 0; i < strides.length && shape.elements() > 0; i++) {
            last += (shape.dim(i) - 1) * strides[i];
        }
        if (offset < 0 || (shape.elements() > 0 && Math.multiplyExact(last + 1, dtype.bytes()) > storage.byteSize())) {
            throw new IndexOutOfBoundsException("tensor %s %s at element %d does not fit its storage of %d bytes"
                    .formatted(dtype, shape, offset, storage.byteSize()));
        }
    }

    /** A contiguous tensor at byte offset {@code byteOffset} (a multiple of the element size) of {@code storage}. */
    public static Tensor of(Storage storage, long byteOffset, DType dtype, Shape shape) {
        if (byteOffset % dtype.bytes() != 0) {
            throw new IllegalArgumentException("byte offset %d is not a multiple of the %d bytes of %s"
                    .formatted(byteOffset, dtype.bytes(), dtype));
        }
        return new Tensor(storage, byteOffset / dtype.bytes(), dtype, shape, rowMajor(shape));
    }

    /** A contiguous tensor over host memory that the caller keeps alive. */
    public static Tensor ofHost(MemorySegment memory, DType dtype, Shape shape) {
        return of(new HostStorage(memory), 0, dtype, shape);
    }

    /** True if the elements follow each other in row-major order; the stride of an axis of size 1 does not matter. */
    private static boolean isDense(Shape shape, long[] strides) {
        long step = 1;
        for (int i = strides.length - 1; i >= 0; i--) {
            if (shape.dim(i) != 1 && strides[i] != step) {
                return shape.elements() == 0;
            }
            step *= shape.dim(i);
        }
        return true;
    }

    private static long[] rowMajor(Shape shape) {
        long[] strides = new long[shape.rank()];
        long step = 1;
        for (int i = strides.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= Math.max(1, shape.dim(i));
        }
        return strides;
    }

    /** Sizes of all axes. */
    public Shape shape() {
        return shape;
    }

    /** Type of an element. */
    public DType dtype() {
        return dtype;
    }

    /** Size of an axis; negative axes count from the end. */
    public long dim(int axis) {
        return shape.dim(axis);
    }

    /** Distance in elements between neighbours along an axis; negative axes count from the end. */
    public long stride(int axis) {
        return strides[shape.axis(axis)];
    }

    /** Index of the first element within the storage, in elements. */
    public long offset() {
        return offset;
    }

    /** The allocation that its elements lie in, perhaps beside those of other views. */
    public Storage storage() {
        return storage;
    }

    /** True if the elements lie densely in row-major order. */
    public boolean isContiguous() {
        return contiguous;
    }

    /** The view {@code [from, to)} along one axis. */
    public Tensor slice(int axis, long from, long to) {
        int index = shape.axis(axis);
        if (from < 0 || to < from || to > shape.dim(index)) {
            throw new IllegalArgumentException(
                    "slice [%d, %d) does not fit axis %d of %s".formatted(from, to, index, shape));
        }
        return new Tensor(storage, offset + from * strides[index], dtype, shape.with(index, to - from), strides);
    }

    /** The view at one index along an axis, with that axis removed. */
    public Tensor select(int axis, long at) {
        int index = shape.axis(axis);
        Tensor one = slice(index, at, at + 1);
        long[] dims = new long[shape.rank() - 1];
        long[] steps = new long[shape.rank() - 1];
        for (int i = 0, j = 0; i < shape.rank(); i++) {
            if (i != index) {
                dims[j] = shape.dim(i);
                steps[j++] = strides[i];
            }
        }
        return new Tensor(storage, one.offset, dtype, Shape.of(dims), steps);
    }

    /** The same elements under another shape of equal count; only for contiguous tensors. */
    public Tensor reshape(long... dims) {
        Shape target = Shape.of(dims);
        if (!contiguous || target.elements() != shape.elements()) {
            throw new IllegalArgumentException("reshape %s -> %s: expected a contiguous tensor and equal counts%s"
                    .formatted(shape, target, contiguous ? "" : ", got a strided view; copy it first"));
        }
        return new Tensor(storage, offset, dtype, target, rowMajor(target));
    }

    /** The view with two axes exchanged. */
    public Tensor transpose(int first, int second) {
        int a = shape.axis(first);
        int b = shape.axis(second);
        long[] dims = shape.toArray();
        long[] steps = strides.clone();
        dims[a] = shape.dim(b);
        dims[b] = shape.dim(a);
        steps[a] = strides[b];
        steps[b] = strides[a];
        return new Tensor(storage, offset, dtype, Shape.of(dims), steps);
    }

    /**
     * The view in which axes of size 1 are repeated (stride 0) to reach {@code dims}; missing leading axes are added.
     * For reading only.
     */
    public Tensor broadcast(long... dims) {
        Shape target = Shape.of(dims);
        int added = target.rank() - shape.rank();
        long[] steps = new long[target.rank()];
        for (int i = 0; i < target.rank(); i++) {
            if (i < added) {
                continue;
            }
            long size = shape.dim(i - added);
            if (size != target.dim(i) && size != 1) {
                throw new IllegalArgumentException("broadcast %s -> %s: sizes differ".formatted(shape, target));
            }
            steps[i] = size == target.dim(i) ? strides[i - added] : 0;
        }
        if (added < 0) {
            throw new IllegalArgumentException("broadcast %s -> %s: too few axes".formatted(shape, target));
        }
        return new Tensor(storage, offset, dtype, target, steps);
    }

    /** The view of {@code other} with this tensor's offset, shape and strides, all in elements, and type {@code type}. */
    public Tensor over(Storage other, DType type) {
        return new Tensor(other, offset, type, shape, strides);
    }

    /**
     * Host memory from the first element on to the end of the storage; none for an empty tensor, whose offset may lie behind
     * it.
     *
     * @throws IllegalStateException if the tensor lives on a device
     */
    public MemorySegment segment() {
        return shape.elements() == 0
                ? storage.host().asSlice(0, 0)
                : storage.host().asSlice(offset * dtype.bytes());
    }

    /** For example {@code bf16 [2, 257, 1280]}, with the strides if they are not row-major. */
    @Override
    public String toString() {
        return dtype.name().toLowerCase(java.util.Locale.ROOT) + " " + shape
                + (contiguous ? "" : " strides " + java.util.Arrays.toString(strides));
    }
}
