package dev.earshot.models.checkpoint;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
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
        long hole;
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

    /** The good checkpoint with the sizes of one entry in its local header. */
    static ZipBuilder plain(int index) {
        return checkpoint().change(index, entry -> {
            entry.flags = 1 << 11;
            entry.localFlags = entry.flags;
            entry.localCrc = entry.crc;
            entry.localSize = entry.size;
            entry.localPacked = entry.packed;
            entry.descriptor = new byte[0];
        });
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
        write(new Output() {
            @Override
            public void write(byte[] bytes) {
                out.writeBytes(bytes);
            }

            @Override
            public long skip(long bytes) {
                out.writeBytes(new byte[Math.toIntExact(bytes)]);
                return out.size();
            }
        });
        return out.toByteArray();
    }

    /** Writes the archive with real holes for {@link Entry#hole}, so that it takes no room on most file systems. */
    void writeTo(Path path) throws IOException {
        try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
            write(new Output() {
                @Override
                public void write(byte[] bytes) throws IOException {
                    file.write(bytes);
                }

                @Override
                public long skip(long bytes) throws IOException {
                    file.seek(file.getFilePointer() + bytes);
                    return file.getFilePointer();
                }
            });
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Where an archive goes. */
    private interface Output {
        void write(byte[] bytes) throws IOException;

        /** Leaves zeros; returns the place behind them. */
        long skip(long bytes) throws IOException;

        default long position() throws IOException {
            return skip(0);
        }
    }

    private void write(Output out) {
        try {
            out.write(before);
            long[] offsets = new long[entries.size()];
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] = out.position();
                if (!entries.get(i).centralOnly) {
                    writeLocal(entries.get(i), out);
                }
            }
            out.write(beforeDirectory);
            long directory = out.position();
            for (int i = 0; i < offsets.length; i++) {
                Entry entry = entries.get(i);
                writeCentral(entry, entry.offset >= 0 ? entry.offset : offsets[i], out);
            }
            writeEnd(directory, out);
            out.write(after);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void writeLocal(Entry entry, Output out) throws IOException {
        out.write(buffer(30)
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
        out.write(entry.localName);
        out.write(entry.localExtra);
        out.write(entry.data);
        out.skip(entry.hole);
        out.write(entry.descriptor);
        out.write(entry.gap);
    }

    private static void writeCentral(Entry entry, long offset, Output out) throws IOException {
        out.write(buffer(46)
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
        out.write(entry.name);
        out.write(entry.extra);
        out.write(entry.entryComment);
    }

    private void writeEnd(long directory, Output out) throws IOException {
        long end = out.position();
        long count = entries.size() + countChange;
        long offset = directory + directoryOffsetChange;
        if (zip64) {
            out.write(buffer(56)
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
            out.write(buffer(20)
                    .putInt(0x07064b50)
                    .putInt(0)
                    .putLong(end)
                    .putInt(locatorDisks)
                    .array());
        }
        out.write(buffer(22)
                .putInt(0x06054b50)
                .putShort((short) disk)
                .putShort((short) 0)
                .putShort((short) count)
                .putShort((short) count)
                .putInt((int) (end - directory))
                .putInt((int) Math.min(offset, 0xffff_ffffL))
                .putShort((short) comment.length)
                .array());
        out.write(comment);
    }

    /** A zip64 block of these values, with its id and length. */
    static byte[] zip64Block(long... values) {
        ByteBuffer block = buffer(4 + 8 * values.length).putShort((short) 1).putShort((short) (8 * values.length));
        for (long value : values) {
            block.putLong(value);
        }
        return block.array();
    }

    static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
