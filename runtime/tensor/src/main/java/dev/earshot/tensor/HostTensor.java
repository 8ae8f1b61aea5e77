package dev.earshot.tensor;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Plain row-major data in host memory, unaligned and possibly read-only: what a weight file's mapping gives and what
 * {@link ParameterScope} takes. It does not own the memory.
 *
 * @param data exactly {@code shape.elements() * dtype.bytes()} bytes, little-endian
 * @param dtype element type
 * @param shape sizes
 */
public record HostTensor(MemorySegment data, DType dtype, Shape shape) {
    /** Checks that the size of the data is that of the shape. */
    public HostTensor {
        long expected = Math.multiplyExact(shape.elements(), dtype.bytes());
        if (data.byteSize() != expected) {
            throw new IllegalArgumentException(
                    "host tensor %s %s: expected %d bytes, got %d".formatted(dtype, shape, expected, data.byteSize()));
        }
    }

    /** An F32 tensor over a heap array (not copied). */
    public static HostTensor of(float[] values, long... dims) {
        return new HostTensor(MemorySegment.ofArray(values), DType.F32, Shape.of(dims));
    }

    /** All elements as fp32 values, row-major. Integers are converted; I64 beyond 2^24 loses digits. */
    public float[] toFloats() {
        float[] values = new float[Math.toIntExact(shape.elements())];
        switch (dtype) {
            case F32 -> MemorySegment.copy(data, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values, 0, values.length);
            case BF16 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = Floats.fromBf16(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i));
                }
            }
            case F16 -> Floats.fromF16(data.toArray(ValueLayout.JAVA_SHORT_UNALIGNED), values);
            case I32 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = data.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i);
                }
            }
            case I64 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = data.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i);
                }
            }
            case U8 -> {
                for (int i = 0; i < values.length; i++) {
                    values[i] = data.get(ValueLayout.JAVA_BYTE, i) & 0xff;
                }
            }
        }
        return values;
    }

    /** The same bytes under another shape of equal element count. */
    public HostTensor reshape(long... dims) {
        return new HostTensor(data, dtype, Shape.of(dims));
    }
}
