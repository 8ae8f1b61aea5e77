package dev.earshot.segmentation.image;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Big- and little-endian reads from byte arrays; out of bounds throws {@link IndexOutOfBoundsException}. */
final class Bytes {
    static final VarHandle LONG_BE = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT_BE = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private Bytes() {}

    /** An unsigned 32-bit big-endian value. */
    static long u32(byte[] bytes, int at) {
        return (int) INT_BE.get(bytes, at) & 0xffff_ffffL;
    }

    /** An unsigned 16-bit big-endian value. */
    static int u16(byte[] bytes, int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }
}
