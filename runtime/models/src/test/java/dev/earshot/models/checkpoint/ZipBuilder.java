package dev.earshot.models.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.CRC32;

/** Writes zip archives field by field, right and wrong ones. */
final class ZipBuilder {
    private final List<Entry> entries = new ArrayList<>();
    byte[] before = {};
    byte[] beforeDirectory = {};
    byte[] after = {};
    byte[] comment = {};
    int disk;
    int countChange;
    long directoryOffsetChange;
    boolean zip64 = true;
    long zip64CountChange;
    int locatorDisks = 1;

    /** What the two headers and the descriptor of one entry say. */
    static final class Entry {
        byte[] name;
        byte[] localName;
        byte[] data;
        int flags = 1 << 11;
        int localFlags = 1 << 11;
        int method;
        int localMethod;
        int crc;
        int localCrc;
        long packed;
        long size;
        long localPacked;
        long localSize;
        int disk;
        byte[] extra = {};
        byte[] localExtra = {};
        byte[] descriptor = {};
        byte[] gap = {};
        byte[] entryComment = {};
        long offset = -1;
        boolean centralOnly;

        Entry(String name, byte[] data) {
            this.name = name.getBytes(StandardCharsets.UTF_8);
            this.localName = this.name;
            this.data = data;
            CRC32 value = new CRC32();
            value.update(data);
            crc = (int) value.getValue();
            localCrc = crc;
            packed = data.length;
            size = packed;
            localPacked = packed;
            localSize = packed;
        }

        /** Moves sizes and CRC behind the data, as torch.save does. */
        Entry described() {
            flags |= 1 << 3;
            localFlags = flags;
            localCrc = 0;
            localPacked = 0;
            localSize = 0;
            descriptor = buffer(16)
                    .putInt(0x08074b50)
                    .putInt(crc)
                    .putInt((int) packed)
                    .putInt((int) size)
                    .array();
            return this;
        }
    }

    /** A checkpoint of {"w": two floats} as torch.save lays it out. */
    static ZipBuilder checkpoint() {
        return checkpoint(
                PickleBuilder.pickle().op('}').text("w").tensor().ops("s.").toBytes());
    }

    /** A checkpoint of this pickle with one storage "0" of the floats 1 and 2. */
    static ZipBuilder checkpoint(byte[] pickle) {
        return new ZipBuilder()
                .add("top/data.pkl", pickle)
                .add("top/byteorder", "little".getBytes(StandardCharsets.US_ASCII))
                .add("top/data/0", buffer(8).putFloat(1).putFloat(2).array())
                .add("top/version", "3\n".getBytes(StandardCharsets.US_ASCII));
    }

    ZipBuilder add(String name, byte[] data) {
        return add(name, data, _ -> {});
    }

    ZipBuilder add(String name, byte[] data, Consumer<Entry> change) {
        Entry entry = new Entry(name, data).described();
        change.accept(entry);
        entries.add(entry);
        return this;
    }

    /** Changes entry {@code index}. */
    ZipBuilder change(int index, Consumer<Entry> change) {
        change.accept(entries.get(index));
        return this;
    }

    /** Changes the archive's own fields. */
    ZipBuilder with(Consumer<ZipBuilder> change) {
        change.accept(this);
        return this;
    }

    byte[] toBytes() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(before);
        long[] offsets = new long[entries.size()];
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = out.size();
            if (!entries.get(i).centralOnly) {
                writeLocal(entries.get(i), out);
            }
        }
        out.writeBytes(beforeDirectory);
        long directory = out.size();
        for (int i = 0; i < offsets.length; i++) {
            Entry entry = entries.get(i);
            writeCentral(entry, entry.offset >= 0 ? entry.offset : offsets[i], out);
        }
        writeEnd(directory, out);
        out.writeBytes(after);
        return out.toByteArray();
    }

    private static void writeLocal(Entry entry, ByteArrayOutputStream out) {
        out.writeBytes(buffer(30)
                .putInt(0x04034b50)
                .putShort((short) 20)
                .putShort((short) entry.localFlags)
                .putShort((short) entry.localMethod)
                .putInt(0)
                .putInt(entry.localCrc)
                .putInt((int) entry.localPacked)
                .putInt((int) entry.localSize)
                .putShort((short) entry.localName.length)
                .putShort((short) entry.localExtra.length)
                .array());
        out.writeBytes(entry.localName);
        out.writeBytes(entry.localExtra);
        out.writeBytes(entry.data);
        out.writeBytes(entry.descriptor);
        out.writeBytes(entry.gap);
    }

    private static void writeCentral(Entry entry, long offset, ByteArrayOutputStream out) {
        out.writeBytes(buffer(46)
                .putInt(0x02014b50)
                .putShort((short) 0)
                .putShort((short) 20)
                .putShort((short) entry.flags)
                .putShort((short) entry.method)
                .putInt(0)
                .putInt(entry.crc)
                .putInt((int) entry.packed)
                .putInt((int) entry.size)
                .putShort((short) entry.name.length)
                .putShort((short) entry.extra.length)
                .putShort((short) entry.entryComment.length)
                .putShort((short) entry.disk)
                .putShort((short) 0)
                .putInt(0)
                .putInt((int) offset)
                .array());
        out.writeBytes(entry.name);
        out.writeBytes(entry.extra);
        out.writeBytes(entry.entryComment);
    }

    private void writeEnd(long directory, ByteArrayOutputStream out) {
        long end = out.size();
        long count = entries.size() + countChange;
        long offset = directory + directoryOffsetChange;
        if (zip64) {
            out.writeBytes(buffer(56)
                    .putInt(0x06064b50)
                    .putLong(44)
                    .putShort((short) 0x031e)
                    .putShort((short) 45)
                    .putInt(0)
                    .putInt(0)
                    .putLong(count + zip64CountChange)
                    .putLong(count + zip64CountChange)
                    .putLong(end - directory)
                    .putLong(offset)
                    .array());
            out.writeBytes(buffer(20)
                    .putInt(0x07064b50)
                    .putInt(0)
                    .putLong(end)
                    .putInt(locatorDisks)
                    .array());
        }
        out.writeBytes(buffer(22)
                .putInt(0x06054b50)
                .putShort((short) disk)
                .putShort((short) 0)
                .putShort((short) count)
                .putShort((short) count)
                .putInt((int) (end - directory))
                .putInt((int) offset)
                .putShort((short) comment.length)
                .array());
        out.writeBytes(comment);
    }

    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
