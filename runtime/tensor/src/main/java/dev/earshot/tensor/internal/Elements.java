package dev.earshot.tensor.internal;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reading and writing tensors in host memory as plain Java arrays, whatever their type and strides. Written for reading,
 * not speed: about 1 to 3 ns per element.
 *
 * <p>Conversions: floats round to nearest even; a float becomes an integer by truncation towards zero; what does not fit
 * into an integer type becomes its nearest bound, NaN becomes 0.
 */
public final class Elements {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfByte U8 = ValueLayout.JAVA_BYTE;

    private Elements() {}

    /** Number of rows, that is of runs along the last axis; 1 for a scalar. */
    public static long rows(Tensor x) {
        int rank = x.shape().rank();
        return rank == 0 ? 1 : x.dim(-1) == 0 ? 0 : x.shape().elements() / x.dim(-1);
    }

    /** Length of the last axis; 1 for a scalar. */
    public static int rowLength(Tensor x) {
        return x.shape().rank() == 0 ? 1 : Math.toIntExact(x.dim(-1));
    }

    /** Index within the storage, in elements, of the first element of row {@code row} (row-major count of rows). */
    public static long rowOffset(Tensor x, long row) {
        long offset = x.offset();
        long rest = row;
        for (int axis = x.shape().rank() - 2; axis >= 0; axis--) {
            offset += rest % x.dim(axis) * x.stride(axis);
            rest /= x.dim(axis);
        }
        return offset;
    }

    private static long rowStride(Tensor x) {
        return x.shape().rank() == 0 ? 1 : x.stride(-1);
    }

    /** Row {@code row} of any type as doubles, into {@code into} from {@code at} on. */
    public static void readRow(Tensor x, long row, double[] into, int at) {
        MemorySegment memory = x.storage().host();
        long offset = rowOffset(x, row);
        long stride = rowStride(x);
        int count = rowLength(x);
        switch (x.dtype()) {
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    into[at + i] = memory.get(F32, 4 * (offset + i * stride));
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    into[at + i] = Floats.fromBf16(memory.get(I16, 2 * (offset + i * stride)));
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    into[at + i] = Float.float16ToFloat(memory.get(I16, 2 * (offset + i * stride)));
                }
            }
            case I32, I64, U8 -> {
                for (int i = 0; i < count; i++) {
                    into[at + i] = integer(memory, x.dtype(), offset + i * stride);
                }
            }
        }
    }

    private static long integer(MemorySegment memory, DType dtype, long index) {
        return switch (dtype) {
            case I32 -> memory.get(I32, 4 * index);
            case I64 -> memory.get(I64, 8 * index);
            case U8 -> memory.get(U8, index) & 0xff;
            case F32, BF16, F16 -> throw new IllegalArgumentException("expected an integer type, got " + dtype);
        };
    }

    /** Writes row {@code row} of {@code x} from {@code from[at …]}, converting to its type. */
    public static void writeRow(double[] from, int at, Tensor x, long row) {
        MemorySegment memory = x.storage().host();
        long offset = rowOffset(x, row);
        long stride = rowStride(x);
        int count = rowLength(x);
        switch (x.dtype()) {
            case F32 -> {
                for (int i = 0; i < count; i++) {
                    memory.set(F32, 4 * (offset + i * stride), (float) from[at + i]);
                }
            }
            case BF16 -> {
                for (int i = 0; i < count; i++) {
                    memory.set(I16, 2 * (offset + i * stride), Floats.toBf16((float) from[at + i]));
                }
            }
            case F16 -> {
                for (int i = 0; i < count; i++) {
                    memory.set(I16, 2 * (offset + i * stride), Float.floatToFloat16((float) from[at + i]));
                }
            }
            case I32, I64, U8 -> {
                for (int i = 0; i < count; i++) {
                    setInteger(memory, x.dtype(), offset + i * stride, (long) from[at + i]);
                }
            }
        }
    }

    private static void setInteger(MemorySegment memory, DType dtype, long index, long value) {
        switch (dtype) {
            case I32 -> memory.set(I32, 4 * index, Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
            case I64 -> memory.set(I64, 8 * index, value);
            case U8 -> memory.set(U8, index, (byte) Math.clamp(value, 0, 255));
            case F32, BF16, F16 -> throw new IllegalArgumentException("expected an integer type, got " + dtype);
        }
    }

    /** All elements, row-major. */
    public static double[] read(Tensor x) {
        double[] values = new double[Math.toIntExact(x.shape().elements())];
        int length = rowLength(x);
        for (long row = 0; row < rows(x); row++) {
            readRow(x, row, values, (int) row * length);
        }
        return values;
    }

    /** Writes all elements, row-major. */
    public static void write(double[] values, Tensor out) {
        int length = rowLength(out);
        for (long row = 0; row < rows(out); row++) {
            writeRow(values, (int) row * length, out, row);
        }
    }

    /** All elements of an I32, I64 or U8 tensor, row-major. */
    public static long[] readIntegers(Tensor x) {
        long[] values = new long[Math.toIntExact(x.shape().elements())];
        MemorySegment memory = x.storage().host();
        int length = rowLength(x);
        int at = 0;
        for (long row = 0; row < rows(x); row++) {
            long offset = rowOffset(x, row);
            for (int i = 0; i < length; i++) {
                values[at++] = integer(memory, x.dtype(), offset + i * rowStride(x));
            }
        }
        return values;
    }

    /** Writes all elements of an I32, I64 or U8 tensor, row-major. */
    public static void writeIntegers(long[] values, Tensor out) {
        MemorySegment memory = out.storage().host();
        int length = rowLength(out);
        int at = 0;
        for (long row = 0; row < rows(out); row++) {
            long offset = rowOffset(out, row);
            for (int i = 0; i < length; i++) {
                setInteger(memory, out.dtype(), offset + i * rowStride(out), values[at++]);
            }
        }
    }

    /** Copies {@code x}, already of out's shape, into {@code out}, converting; integers keep all their digits. */
    public static void copy(Tensor x, Tensor out) {
        if (x.dtype() == out.dtype() && x.isContiguous() && out.isContiguous()) {
            long bytes = x.shape().elements() * x.dtype().bytes();
            MemorySegment.copy(x.segment(), 0, out.segment(), 0, bytes);
        } else if (!x.dtype().isFloat() && !out.dtype().isFloat()) {
            writeIntegers(readIntegers(x), out);
        } else {
            double[] row = new double[rowLength(x)];
            for (long r = 0; r < rows(x); r++) {
                readRow(x, r, row, 0);
                writeRow(row, 0, out, r);
            }
        }
    }

    /** Copies host data into a tensor of the same shape, converting. */
    public static void copy(HostTensor source, Tensor out) {
        copy(Tensor.ofHost(source.data(), source.dtype(), source.shape()), out);
    }

    /** All elements as fp32, row-major, into {@code out}. */
    public static void copy(Tensor x, float[] out) {
        copy(x, Tensor.ofHost(MemorySegment.ofArray(out), DType.F32, x.shape()));
    }
}
