package dev.earshot.tensor.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;

/** Tensors and calls for the tests of argument checks. */
final class CheckedCalls {
    private CheckedCalls() {}

    static Tensor of(DType dtype, long... dims) {
        Shape shape = Shape.of(dims);
        byte[] bytes = new byte[Math.toIntExact(shape.elements() * dtype.bytes())];
        return Tensor.ofHost(MemorySegment.ofArray(bytes), dtype, shape);
    }

    static Tensor f32(long... dims) {
        return of(DType.F32, dims);
    }

    /** A tensor whose innermost stride is not 1. */
    static Tensor turned(long... dims) {
        long[] swapped = dims.clone();
        swapped[dims.length - 1] = dims[dims.length - 2];
        swapped[dims.length - 2] = dims[dims.length - 1];
        return f32(swapped).transpose(-1, -2);
    }

    static void refused(String message, Runnable check) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, check::run).getMessage());
    }
}
