package dev.earshot.tensor;

/** Element types a tensor can have on every backend. */
public enum DType {
    /** IEEE 754 single precision. */
    F32(4),
    /** Upper half of an IEEE single: 8 exponent bits, 7 fraction bits. */
    BF16(2),
    /** IEEE 754 half precision. */
    F16(2),
    /** Signed 32-bit integer. */
    I32(4),
    /** Signed 64-bit integer. */
    I64(8),
    /** Unsigned byte. */
    U8(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /** True for F32, BF16 and F16. */
    public boolean isFloat() {
        return this == F32 || this == BF16 || this == F16;
    }
}
