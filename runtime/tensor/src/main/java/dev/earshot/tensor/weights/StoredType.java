package dev.earshot.tensor.weights;

import dev.earshot.tensor.DType;
import java.util.HashMap;
import java.util.Map;

/**
 * Element types a safetensors file can hold; the constants are named as in the file. More than {@link DType}, because a
 * file may hold what no op computes with.
 *
 * <p>Source of the list: huggingface/safetensors, safetensors/src/tensor.rs, {@code Dtype}.
 */
public enum StoredType {
    BOOL(8),
    F4(4),
    F6_E2M3(6),
    F6_E3M2(6),
    U8(8),
    I8(8),
    F8_E5M2(8),
    F8_E4M3(8),
    F8_E8M0(8),
    I16(16),
    U16(16),
    F16(16),
    BF16(16),
    I32(32),
    U32(32),
    F32(32),
    C64(64),
    F64(64),
    I64(64),
    U64(64);

    private static final Map<String, StoredType> BY_NAME = new HashMap<>();

    static {
        for (StoredType type : values()) {
            BY_NAME.put(type.name(), type);
        }
    }

    private final int bits;

    StoredType(int bits) {
        this.bits = bits;
    }

    /** Size of one element in bits; less than 8 for the packed F4 and F6 formats. */
    public int bits() {
        return bits;
    }

    /** True if {@link Weights#read} can deliver this type, as it is or converted. */
    public boolean readable() {
        return switch (this) {
            case F32, BF16, F16, F64, BOOL, U8, I8, I16, U16, I32, U32, I64 -> true;
            case F4, F6_E2M3, F6_E3M2, F8_E5M2, F8_E4M3, F8_E8M0, C64, U64 -> false;
        };
    }

    /** The stored type with the bytes of {@code dtype}. */
    public static StoredType of(DType dtype) {
        return switch (dtype) {
            case F32 -> F32;
            case BF16 -> BF16;
            case F16 -> F16;
            case I32 -> I32;
            case I64 -> I64;
            case U8 -> U8;
        };
    }

    /** The type of a file's dtype string, or null if there is none of that name. */
    static StoredType named(String name) {
        return BY_NAME.get(name);
    }
}
