package dev.earshot.models.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Writes pickles opcode by opcode, right and wrong ones, and the legacy container around them. */
final class PickleBuilder {
    private static final byte[] LEGACY_MAGIC = HexFormat.of().parseHex("80028a0a6cfc9c46f9206aa850192e");

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** A pickle that has begun with protocol 2. */
    static PickleBuilder pickle() {
        return new PickleBuilder().op(0x80).op(2);
    }

    PickleBuilder op(int opcode) {
        out.write(opcode);
        return this;
    }

    /** Opcodes that are printable characters, one after the other. */
    PickleBuilder ops(String opcodes) {
        return bytes(opcodes.getBytes(StandardCharsets.ISO_8859_1));
    }

    PickleBuilder bytes(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    PickleBuilder global(String module, String name) {
        return ops("c" + module + "\n" + name + "\n");
    }

    PickleBuilder text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        return op('X').i32(utf8.length).bytes(utf8);
    }

    /** The four bytes of an integer, without opcode. */
    PickleBuilder i32(int value) {
        return bytes(ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(value)
                .array());
    }

    /** An integer of up to 64 bits. */
    PickleBuilder integer(long value) {
        if (value >= Integer.MIN_VALUE && value <= Integer.MAX_VALUE) {
            return op('J').i32((int) value);
        }
        return op(0x8a).op(8)
                .bytes(ByteBuffer.allocate(8)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(value)
                        .array());
    }

    PickleBuilder integers(long... values) {
        op('(');
        for (long value : values) {
            integer(value);
        }
        return op('t');
    }

    /** A storage by its persistent id. */
    PickleBuilder storage(String type, String key, long count) {
        return op('(').text("storage")
                .global("torch", type)
                .text(key)
                .text("cpu")
                .integer(count)
                .op('t')
                .op('Q');
    }

    /** A call of _rebuild_tensor_v2 on an F32 storage "0". */
    PickleBuilder tensor(long count, long offset, long[] sizes, long[] strides) {
        return global("torch._utils", "_rebuild_tensor_v2")
                .op('(')
                .storage("FloatStorage", "0", count)
                .integer(offset)
                .integers(sizes)
                .integers(strides)
                .op(0x89)
                .global("collections", "OrderedDict")
                .ops(")RtR");
    }

    /** The good tensor of two elements. */
    PickleBuilder tensor() {
        return tensor(2, 0, new long[] {2}, new long[] {1});
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    /** A legacy file of this object, whose storages are one F32 storage "0" of {@code count} elements, or none if 0. */
    byte[] legacy(int count) {
        PickleBuilder file = new PickleBuilder().bytes(LEGACY_MAGIC);
        file.bytes(pickle().op('M').op(0xe9).op(3).op('.').toBytes());
        file.bytes(pickle().op('}').text("little_endian").op(0x88).ops("s.").toBytes());
        file.bytes(toBytes());
        if (count == 0) {
            return file.bytes(pickle().ops("].").toBytes()).toBytes();
        }
        file.bytes(pickle().op(']').text("0").ops("a.").toBytes());
        ByteBuffer data = ByteBuffer.allocate(8 + 4 * count)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(count);
        for (int i = 0; i < count; i++) {
            data.putFloat(i + 1);
        }
        return file.bytes(data.array()).toBytes();
    }
}
