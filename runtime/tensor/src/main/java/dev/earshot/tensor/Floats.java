package dev.earshot.tensor;

/** Conversions between fp32 and the bit patterns of the 16-bit types. */
public final class Floats {
    private Floats() {}

    /** The fp32 value of a bf16 bit pattern; exact. */
    public static float fromBf16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The bf16 bit pattern nearest to {@code value}, ties to even; NaN stays a (quiet) NaN. */
    public static short toBf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (value != value) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16);
    }

    /** {@code value} rounded to the nearest bf16 number. */
    public static float roundBf16(float value) {
        return fromBf16(toBf16(value));
    }

    /**
     * The fp32 values of fp16 bit patterns; exact.
     *
     * @param values as long as {@code bits}; overwritten
     * @throws IllegalArgumentException if it is not
     */
    public static void fromF16(short[] bits, float[] values) {
        if (bits.length != values.length) {
            throw new IllegalArgumentException(
                    "fp16 to fp32: expected %d values, got room for %d".formatted(bits.length, values.length));
        }
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.float16ToFloat(bits[i]);
        }
    }
}
