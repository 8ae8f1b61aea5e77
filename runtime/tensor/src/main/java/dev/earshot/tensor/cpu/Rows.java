package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Loops that move one row of elements between a typed, strided place and dense F32. All addresses are absolute and were
 * checked when the op was bound. Each loop is a method of its own so that the compiler sees one simple counted loop, which
 * it vectorises where the stride is 1.
 */
final class Rows {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED;
    private static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

    private Rows() {}

    /** Converts {@code n} elements, {@code stride} apart from {@code source} on, to dense F32. */
    static void load(DType dtype, long source, long stride, long target, int n) {
        if (stride == 0) {
            load(dtype, source, 1, target, 1);
            fill(ALL.get(F32, target), target, n);
            return;
        }
        switch (dtype) {
            case F32 -> loadF32(source, stride, target, n);
            case BF16 -> loadBf16(source, stride, target, n);
            case F16 -> loadF16(source, stride, target, n);
            case I32 -> loadI32(source, stride, target, n);
            case I64 -> loadI64(source, stride, target, n);
            case U8 -> loadU8(source, stride, target, n);
        }
    }

    /** Converts {@code n} dense F32 values to elements {@code stride} apart; integers are truncated and clamped. */
    static void store(DType dtype, long source, long target, long stride, int n) {
        switch (dtype) {
            case F32 -> storeF32(source, target, stride, n);
            case BF16 -> storeBf16(source, target, stride, n);
            case F16 -> storeF16(source, target, stride, n);
            case I32 -> storeI32(source, target, stride, n);
            case I64 -> storeI64(source, target, stride, n);
            case U8 -> storeU8(source, target, stride, n);
        }
    }

    /** Copies {@code n} elements of {@code bytes} bytes each without looking at them. */
    static void move(int bytes, long source, long sourceStride, long target, long targetStride, int n) {
        if (sourceStride == 1 && targetStride == 1) {
            MemorySegment.copy(ALL, source, ALL, target, (long) bytes * n);
            return;
        }
        switch (bytes) {
            case 1 -> move8(source, sourceStride, target, targetStride, n);
            case 2 -> move16(source, sourceStride, target, targetStride, n);
            case 4 -> move32(source, sourceStride, target, targetStride, n);
            default -> move64(source, sourceStride, target, targetStride, n);
        }
    }

    /** Rounds {@code n} dense F32 values to bf16 numbers in place. */
    static void roundBf16(long values, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, values + 4L * i, Floats.roundBf16(ALL.get(F32, values + 4L * i)));
        }
    }

    /** Copies integers between types; what does not fit becomes the nearest bound. */
    static void convertIntegers(
            DType from, long source, long sourceStride, DType to, long target, long targetStride, int n) {
        for (int i = 0; i < n; i++) {
            long value = integer(from, source + from.bytes() * sourceStride * i);
            long place = target + to.bytes() * targetStride * i;
            switch (to) {
                case I32 -> ALL.set(I32, place, Math.clamp(value, Integer.MIN_VALUE, Integer.MAX_VALUE));
                case I64 -> ALL.set(I64, place, value);
                case U8 -> ALL.set(I8, place, (byte) Math.clamp(value, 0, 255));
                case F32, BF16, F16 -> throw new IllegalArgumentException("expected an integer type, got " + to);
            }
        }
    }

    private static long integer(DType dtype, long place) {
        return switch (dtype) {
            case I32 -> ALL.get(I32, place);
            case I64 -> ALL.get(I64, place);
            case U8 -> ALL.get(I8, place) & 0xff;
            case F32, BF16, F16 -> throw new IllegalArgumentException("expected an integer type, got " + dtype);
        };
    }

    /** Copies {@code n} dense F32 values into an array. */
    static void toArray(long source, float[] target, int at, int n) {
        MemorySegment.copy(ALL, F32, source, target, at, n);
    }

    static void fill(float value, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, value);
        }
    }

    private static void loadF32(long source, long stride, long target, int n) {
        if (stride == 1) {
            MemorySegment.copy(ALL, source, ALL, target, 4L * n);
        } else {
            move32(source, stride, target, 1, n);
        }
    }

    private static void loadBf16(long source, long stride, long target, int n) {
        if (stride == 1) {
            for (int i = 0; i < n; i++) {
                ALL.set(I32, target + 4L * i, ALL.get(I16, source + 2L * i) << 16);
            }
        } else {
            for (int i = 0; i < n; i++) {
                ALL.set(I32, target + 4L * i, ALL.get(I16, source + 2 * stride * i) << 16);
            }
        }
    }

    private static void loadF16(long source, long stride, long target, int n) {
        if (stride == 1 && n > 1) {
            loadDenseF16(source, target, n);
            return;
        }
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, Float.float16ToFloat(ALL.get(I16, source + 2 * stride * i)));
        }
    }

    /**
     * Through arrays: only weights come as F16, all of them in the first moments of a process, when array loops are already
     * fast and loops over memory segments are a hundred times slower than they will be.
     */
    private static void loadDenseF16(long source, long target, int n) {
        short[] halves = new short[n];
        MemorySegment.copy(ALL, I16, source, halves, 0, n);
        float[] values = new float[n];
        Floats.fromF16(halves, values);
        MemorySegment.copy(values, 0, ALL, F32, target, n);
    }

    private static void loadI32(long source, long stride, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(I32, source + 4 * stride * i));
        }
    }

    private static void loadI64(long source, long stride, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(I64, source + 8 * stride * i));
        }
    }

    private static void loadU8(long source, long stride, long target, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(F32, target + 4L * i, ALL.get(I8, source + stride * i) & 0xff);
        }
    }

    private static void storeF32(long source, long target, long stride, int n) {
        if (stride == 1) {
            MemorySegment.copy(ALL, source, ALL, target, 4L * n);
        } else {
            move32(source, 1, target, stride, n);
        }
    }

    private static void storeBf16(long source, long target, long stride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I16, target + 2 * stride * i, Floats.toBf16(ALL.get(F32, source + 4L * i)));
        }
    }

    private static void storeF16(long source, long target, long stride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I16, target + 2 * stride * i, Float.floatToFloat16(ALL.get(F32, source + 4L * i)));
        }
    }

    private static void storeI32(long source, long target, long stride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I32, target + 4 * stride * i, (int) ALL.get(F32, source + 4L * i));
        }
    }

    private static void storeI64(long source, long target, long stride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I64, target + 8 * stride * i, (long) ALL.get(F32, source + 4L * i));
        }
    }

    private static void storeU8(long source, long target, long stride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I8, target + stride * i, (byte) Math.clamp((long) ALL.get(F32, source + 4L * i), 0, 255));
        }
    }

    private static void move8(long source, long sourceStride, long target, long targetStride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I8, target + targetStride * i, ALL.get(I8, source + sourceStride * i));
        }
    }

    private static void move16(long source, long sourceStride, long target, long targetStride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I16, target + 2 * targetStride * i, ALL.get(I16, source + 2 * sourceStride * i));
        }
    }

    private static void move32(long source, long sourceStride, long target, long targetStride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I32, target + 4 * targetStride * i, ALL.get(I32, source + 4 * sourceStride * i));
        }
    }

    private static void move64(long source, long sourceStride, long target, long targetStride, int n) {
        for (int i = 0; i < n; i++) {
            ALL.set(I64, target + 8 * targetStride * i, ALL.get(I64, source + 8 * sourceStride * i));
        }
    }
}
