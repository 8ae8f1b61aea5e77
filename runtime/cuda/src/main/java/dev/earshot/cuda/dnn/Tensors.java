package dev.earshot.cuda.dnn;

import dev.earshot.bindings.cudnn.cudnn;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;

/** Tensor descriptors of cuDNN's graph API. */
final class Tensors {
    private Tensors() {}

    /** A row-major tensor, known by {@code id} within its graph. */
    static Descriptor dense(long id, Shape shape, DType dtype, int alignment, String what) {
        long[] strides = new long[shape.rank()];
        long step = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= shape.dim(axis);
        }
        return strided(id, shape.toArray(), strides, dtype, alignment, what).complete();
    }

    /** A tensor with strides in elements, not yet finalised. */
    static Descriptor strided(long id, long[] dims, long[] strides, DType dtype, int alignment, String what) {
        return new Descriptor(cudnn.CUDNN_BACKEND_TENSOR_DESCRIPTOR(), what)
                .longs(cudnn.CUDNN_ATTR_TENSOR_UNIQUE_ID(), id)
                .choice(cudnn.CUDNN_ATTR_TENSOR_DATA_TYPE(), cudnn.CUDNN_TYPE_DATA_TYPE(), type(dtype))
                .longs(cudnn.CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT(), alignment)
                .longs(cudnn.CUDNN_ATTR_TENSOR_DIMENSIONS(), dims)
                .longs(cudnn.CUDNN_ATTR_TENSOR_STRIDES(), strides);
    }

    private static int type(DType dtype) {
        return switch (dtype) {
            case F32 -> cudnn.CUDNN_DATA_FLOAT();
            case BF16 -> cudnn.CUDNN_DATA_BFLOAT16();
            default -> throw new IllegalArgumentException("cuDNN tensor: expected F32 or BF16, got " + dtype);
        };
    }
}
