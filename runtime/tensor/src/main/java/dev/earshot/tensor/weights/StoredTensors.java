package dev.earshot.tensor.weights;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Turns bytes of any readable stored type into a tensor that the ops know. */
final class StoredTensors {
    private StoredTensors() {}

    /** See {@link Weights#read}. */
    static HostTensor read(String source, WeightEntry entry, MemorySegment bytes) {
        return switch (entry.type()) {
            case F32 -> new HostTensor(bytes, DType.F32, entry.shape());
            case BF16 -> new HostTensor(bytes, DType.BF16, entry.shape());
            case F16 -> new HostTensor(bytes, DType.F16, entry.shape());
            case I32 -> new HostTensor(bytes, DType.I32, entry.shape());
            case I64 -> new HostTensor(bytes, DType.I64, entry.shape());
            case U8, BOOL -> new HostTensor(bytes, DType.U8, entry.shape());
            case F64 -> new HostTensor(narrowDoubles(bytes, count(source, entry)), DType.F32, entry.shape());
            case I8, I16, U16 ->
                new HostTensor(widenToInts(entry, bytes, count(source, entry)), DType.I32, entry.shape());
            case U32 -> new HostTensor(widenToLongs(bytes, count(source, entry)), DType.I64, entry.shape());
            case F4, F6_E2M3, F6_E3M2, F8_E5M2, F8_E4M3, F8_E8M0, C64, U64 ->
                throw WeightsException.of(
                        source,
                        "tensor " + WeightsException.quote(entry.name()),
                        "a type that can be computed with",
                        entry.type().toString(),
                        "convert it to F32, F16 or BF16");
        };
    }

    private static int count(String source, WeightEntry entry) {
        if (entry.shape().elements() > Integer.MAX_VALUE - 8) {
            throw WeightsException.of(
                    source,
                    "tensor " + WeightsException.quote(entry.name()),
                    "fewer than 2^31 elements of type " + entry.type(),
                    entry.shape().toString(),
                    "convert it to F32, F16 or BF16");
        }
        return (int) entry.shape().elements();
    }

    private static MemorySegment narrowDoubles(MemorySegment bytes, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) bytes.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * i);
        }
        return MemorySegment.ofArray(values);
    }

    private static MemorySegment widenToInts(WeightEntry entry, MemorySegment bytes, int count) {
        int[] values = new int[count];
        for (int i = 0; i < count; i++) {
            values[i] = switch (entry.type()) {
                case I8 -> bytes.get(ValueLayout.JAVA_BYTE, i);
                case I16 -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i);
                default -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i) & 0xffff;
            };
        }
        return MemorySegment.ofArray(values);
    }

    private static MemorySegment widenToLongs(MemorySegment bytes, int count) {
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = bytes.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i) & 0xffff_ffffL;
        }
        return MemorySegment.ofArray(values);
    }
}
