package dev.earshot.models.checkpoint;

import dev.earshot.tensor.weights.WeightsException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * The entries of a zip archive, read from the central directory and checked to tile the file: from byte 0, local header,
 * name, data and descriptor of each entry follow each other without gap or overlap, then the directory, then its end
 * records, then nothing. What the local headers say must agree. So every tool sees the same entries in such a file.
 *
 * <p>Stricter than the format: no comments, one disk, no encryption. Deflated entries are listed but cannot be read.
 * Source: PKWARE APPNOTE.TXT 6.3; the layout PyTorch writes was read off files of torch 2.13.
 */
final class ZipDirectory {
    static final int MAX_ENTRIES = 200_000;

    private static final int LOCAL = 0x04034b50;
    private static final int CENTRAL = 0x02014b50;
    private static final int END = 0x06054b50;
    private static final int END64 = 0x06064b50;
    private static final int LOCATOR64 = 0x07064b50;
    private static final int DESCRIPTOR = 0x08074b50;
    private static final int MAX_DIRECTORY_BYTES = 64 << 20;
    private static final int FLAG_DESCRIPTOR = 1 << 3;
    private static final int FLAG_UTF8 = 1 << 11;
    private static final int FLAGS_DEFLATE_LEVEL = 3 << 1;
    private static final long MAX32 = 0xffff_ffffL;
    private static final ByteBuffer EMPTY = ByteBuffer.allocate(0);
    private static final int STORED = 0;
    private static final int DEFLATED = 8;

    private final ByteSource source;
    private final Map<String, ZipEntry> entries = new LinkedHashMap<>();

    private ZipDirectory(ByteSource source) {
        this.source = source;
    }

    /** What one central record says. */
    private record Central(
            byte[] rawName,
            String name,
            int flags,
            int method,
            int crc,
            long packed,
            long size,
            long localOffset,
            ByteBuffer zip64Block) {}

    /** The zip64 block of an extra field (empty if there is none) and the fields it widens. */
    private record Zip64(ByteBuffer block, long... values) {}

    /** Where the directory lies and how many records it has. */
    private record End(long offset, long bytes, long count, long endOffset) {}

    /** Reads and checks the whole directory. */
    static ZipDirectory read(ByteSource source) {
        ZipDirectory directory = new ZipDirectory(source);
        End end = directory.findEnd();
        List<Central> records = directory.readCentral(end);
        directory.checkTiling(records, end.offset());
        return directory;
    }

    /** All entries by name, in the order of the directory. */
    Map<String, ZipEntry> entries() {
        return Collections.unmodifiableMap(entries);
    }

    /** The whole data of a stored entry, after checking its CRC. */
    byte[] readChecked(ZipEntry entry, int maxBytes) {
        if (!entry.stored()) {
            throw error("entry " + quote(entry), "stored data", "compressed data");
        }
        if (entry.bytes() > maxBytes) {
            throw error("entry " + quote(entry), "at most " + maxBytes + " bytes", Long.toString(entry.bytes()));
        }
        byte[] data = source.read(entry.dataOffset(), (int) entry.bytes()).array();
        CRC32 crc = new CRC32();
        crc.update(data);
        if ((int) crc.getValue() != entry.crc()) {
            throw error(
                    "entry " + quote(entry), "CRC %08x".formatted(entry.crc()), "%08x".formatted((int) crc.getValue()));
        }
        return data;
    }

    private End findEnd() {
        if (source.size() < 22) {
            throw error("zip", "an end record", source.size() + " bytes in all");
        }
        // Without a comment the end record can only be the last 22 bytes; a comment could hide foreign data.
        long endOffset = source.size() - 22;
        ByteBuffer end = source.read(endOffset, 22);
        if (end.getInt(0) != END || end.getShort(20) != 0) {
            throw error("zip", "an end record without comment in the last 22 bytes", "something else");
        }
        if (end.getShort(4) != 0 || end.getShort(6) != 0 || end.getShort(8) != end.getShort(10)) {
            throw error("zip end record", "a single disk", "several");
        }
        End end32 = new End(uint(end, 16), uint(end, 12), ushort(end, 10), endOffset);
        End found = endOffset >= 20 && source.read(endOffset - 20, 4).getInt(0) == LOCATOR64
                ? readEnd64(end32, endOffset - 20)
                : end32;
        if (found.count() > MAX_ENTRIES || found.bytes() > MAX_DIRECTORY_BYTES) {
            throw error(
                    "zip directory",
                    "at most %d entries and %d bytes".formatted(MAX_ENTRIES, MAX_DIRECTORY_BYTES),
                    "%d and %d".formatted(found.count(), found.bytes()));
        }
        if (found.offset() < 0 || found.offset() + found.bytes() != found.endOffset()) {
            throw error(
                    "zip directory",
                    "to end at byte " + found.endOffset() + ", where the end records begin",
                    "offset %d and %d bytes".formatted(found.offset(), found.bytes()));
        }
        return found;
    }

    private End readEnd64(End end32, long locatorOffset) {
        ByteBuffer locator = source.read(locatorOffset, 20);
        long offset = locator.getLong(8);
        if (locator.getInt(4) != 0 || locator.getInt(16) != 1 || offset != locatorOffset - 56) {
            throw error("zip64 locator", "one disk and an end record right before it", "something else");
        }
        ByteBuffer end = source.read(offset, 56);
        boolean plain = end.getInt(0) == END64
                && end.getLong(4) == 44
                && end.getInt(16) == 0
                && end.getInt(20) == 0
                && end.getLong(24) == end.getLong(32);
        if (!plain) {
            throw error("zip64 end record", "56 bytes for a single disk", "something else");
        }
        End end64 = new End(end.getLong(48), end.getLong(40), end.getLong(32), offset);
        boolean agree = agrees(end32.count(), 0xffff, end64.count())
                && agrees(end32.bytes(), MAX32, end64.bytes())
                && agrees(end32.offset(), MAX32, end64.offset());
        if (!agree || end64.count() < 0 || end64.bytes() < 0) {
            throw error("zip64 end record", "the figures of the plain end record", "other figures");
        }
        return end64;
    }

    private static boolean agrees(long narrow, long escape, long wide) {
        return narrow == wide || narrow == escape;
    }

    private List<Central> readCentral(End end) {
        ByteBuffer directory = source.read(end.offset(), (int) end.bytes());
        List<Central> records = new ArrayList<>();
        for (long i = 0; i < end.count(); i++) {
            records.add(readRecord(directory));
        }
        if (directory.hasRemaining()) {
            throw error("zip directory", end.count() + " records", directory.remaining() + " bytes more");
        }
        return records;
    }

    private Central readRecord(ByteBuffer directory) {
        if (directory.remaining() < 46 || directory.getInt(directory.position()) != CENTRAL) {
            throw error("zip directory", "a central record", "something else");
        }
        ByteBuffer fixed = slice(directory, 46);
        int nameLength = ushort(fixed, 28);
        int extraLength = ushort(fixed, 30);
        if (ushort(fixed, 32) != 0 || ushort(fixed, 34) != 0) {
            throw error("zip directory", "no comments and a single disk", "something else");
        }
        if (directory.remaining() < nameLength + extraLength) {
            throw error("zip directory", "a name and extra field inside the directory", "lengths beyond its end");
        }
        byte[] rawName = new byte[nameLength];
        directory.get(rawName);
        ByteBuffer extra = slice(directory, extraLength);
        String name = checkName(rawName);
        int flags = ushort(fixed, 8);
        int method = ushort(fixed, 10);
        checkMethod(name, flags, method);
        Zip64 wide = zip64(name, extra, EMPTY, uint(fixed, 24), uint(fixed, 20), uint(fixed, 42));
        long size = wide.values()[0];
        long packed = wide.values()[1];
        if (method == STORED && size != packed) {
            throw error("zip entry " + quote(name), "equal sizes for stored data", size + " and " + packed);
        }
        return new Central(
                rawName, name, flags, method, fixed.getInt(16), packed, size, wide.values()[2], wide.block());
    }

    private void checkMethod(String name, int flags, int method) {
        int known = FLAG_DESCRIPTOR | FLAG_UTF8 | (method == DEFLATED ? FLAGS_DEFLATE_LEVEL : 0);
        if ((flags & ~known) != 0) {
            throw error("zip entry " + quote(name), "no encryption or patches", "flags 0x%04x".formatted(flags));
        }
        if (method != STORED && method != DEFLATED) {
            throw error("zip entry " + quote(name), "stored data", "compression method " + method);
        }
    }

    /**
     * The 64-bit values of fields that are all ones in the 32-bit record: size, packed size, offset. A value stands in the
     * extra field exactly when its 32-bit field is all ones. The block may also repeat {@code known} unasked: PyTorch writes
     * the directory's block into the local header too, where none of its fields is all ones.
     */
    private Zip64 zip64(String name, ByteBuffer extra, ByteBuffer known, long... fields) {
        long[] values = fields.clone();
        ByteBuffer found = EMPTY;
        while (extra.hasRemaining()) {
            if (extra.remaining() < 4) {
                throw error("zip entry " + quote(name), "an extra field of whole blocks", "a part of one");
            }
            int id = extra.getShort() & 0xffff;
            int length = extra.getShort() & 0xffff;
            if (length > extra.remaining()) {
                throw error("zip entry " + quote(name), "an extra block inside its field", length + " bytes");
            }
            ByteBuffer block = slice(extra, length);
            if (id == 1) {
                if (found.hasRemaining() || length == 0) {
                    throw error("zip entry " + quote(name), "one zip64 block with values", "two or an empty one");
                }
                found = block;
                boolean repeats = block.equals(known) && Arrays.stream(fields).noneMatch(field -> field == MAX32);
                if (!repeats) {
                    readZip64Block(name, block.duplicate().order(block.order()), values);
                }
            }
        }
        for (int i = 0; i < values.length; i++) {
            if (values[i] < 0 || fields[i] == MAX32 && !found.hasRemaining()) {
                throw error("zip entry " + quote(name), "a zip64 block with its sizes", "none or negative ones");
            }
        }
        return new Zip64(found, values);
    }

    private void readZip64Block(String name, ByteBuffer block, long[] values) {
        for (int i = 0; i < values.length; i++) {
            if (values[i] == MAX32) {
                if (block.remaining() < 8) {
                    throw error("zip entry " + quote(name), "a zip64 value for each full field", "too few");
                }
                values[i] = block.getLong();
            }
        }
        if (block.hasRemaining()) {
            throw error("zip entry " + quote(name), "zip64 values for full fields only", "more");
        }
    }

    private String checkName(byte[] raw) {
        String name;
        try {
            name = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(raw))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new WeightsException(source.name() + ": zip entry name: expected UTF-8, got invalid bytes", e);
        }
        boolean safe = !name.isEmpty()
                && name.length() <= 1_024
                && !name.startsWith("/")
                && name.chars().noneMatch(c -> Character.isISOControl(c) || c == '\\' || c == ':');
        for (String part : name.split("/", -1)) {
            safe &= !part.isEmpty() && !part.equals(".") && !part.equals("..");
        }
        if (!safe) {
            throw error("zip entry name", "a relative path without . .. \\ : or control characters", quote(name));
        }
        return name;
    }

    private void checkTiling(List<Central> records, long directoryOffset) {
        List<Central> sorted = new ArrayList<>(records);
        sorted.sort(Comparator.comparingLong(Central::localOffset));
        Map<String, ZipEntry> checked = new LinkedHashMap<>();
        for (int i = 0; i < sorted.size(); i++) {
            Central record = sorted.get(i);
            if (i == 0 && record.localOffset() != 0) {
                throw error("zip", "its first entry at byte 0", "byte " + record.localOffset());
            }
            long next = i + 1 < sorted.size() ? sorted.get(i + 1).localOffset() : directoryOffset;
            if (checked.put(record.name(), checkLocal(record, next)) != null) {
                throw error("zip entry " + quote(record.name()), "to occur once", "a duplicate name");
            }
        }
        if (sorted.isEmpty() && directoryOffset != 0) {
            throw error("zip", "no data before an empty directory", directoryOffset + " bytes");
        }
        records.forEach(record -> entries.put(record.name(), checked.get(record.name())));
    }

    /** Checks the local header, and that the entry ends exactly at {@code next}. */
    private ZipEntry checkLocal(Central record, long next) {
        String what = "zip entry " + quote(record.name());
        ByteBuffer local = source.read(record.localOffset(), 30);
        int nameLength = ushort(local, 26);
        int extraLength = ushort(local, 28);
        boolean agrees = local.getInt(0) == LOCAL
                && ushort(local, 6) == record.flags()
                && ushort(local, 8) == record.method()
                && nameLength == record.rawName().length
                && source.read(record.localOffset() + 30, nameLength).equals(ByteBuffer.wrap(record.rawName()));
        if (!agrees) {
            throw error(what, "a local header that agrees with the directory", "another one");
        }
        ByteBuffer extra = source.read(record.localOffset() + 30 + nameLength, extraLength);
        long[] sizes = zip64(record.name(), extra, record.zip64Block(), uint(local, 22), uint(local, 18))
                .values();
        boolean described = (record.flags() & FLAG_DESCRIPTOR) != 0;
        boolean zeros = local.getInt(14) == 0 && sizes[0] == 0 && sizes[1] == 0;
        boolean equal = local.getInt(14) == record.crc() && sizes[0] == record.size() && sizes[1] == record.packed();
        if (!equal && !(described && zeros)) {
            throw error(what, "the directory's sizes and CRC in the local header", "others");
        }
        long dataOffset = record.localOffset() + 30 + nameLength + extraLength;
        if (record.packed() > next - dataOffset) {
            throw error(what, "its data to end before byte " + next, record.packed() + " bytes from " + dataOffset);
        }
        checkEnd(record, dataOffset + record.packed(), next, described);
        return new ZipEntry(record.name(), record.method() == STORED, record.crc(), dataOffset, record.packed());
    }

    private void checkEnd(Central record, long end, long next, boolean described) {
        String what = "zip entry " + quote(record.name());
        long length = next - end;
        if (!described) {
            if (length != 0) {
                throw error(what, "the next record at byte " + end, length + " foreign bytes");
            }
            return;
        }
        if (length != 12 && length != 16 && length != 20 && length != 24) {
            throw error(what, "a data descriptor of 12, 16, 20 or 24 bytes", length + " bytes");
        }
        ByteBuffer descriptor = source.read(end, (int) length);
        boolean signed = length == 16 || length == 24;
        boolean matches = !signed || descriptor.getInt() == DESCRIPTOR;
        matches &= descriptor.getInt() == record.crc();
        for (long expected : new long[] {record.packed(), record.size()}) {
            matches &= expected == (length >= 20 ? descriptor.getLong() : descriptor.getInt() & MAX32);
        }
        if (!matches) {
            throw error(what, "the directory's sizes and CRC in the data descriptor", "others");
        }
    }

    private WeightsException error(String what, String expected, String got) {
        return source.error(what, expected, got);
    }

    private static String quote(ZipEntry entry) {
        return quote(entry.name());
    }

    private static String quote(String name) {
        return WeightsException.quote(name);
    }

    /** The next {@code length} bytes as a buffer of their own, little-endian; {@code buffer} moves past them. */
    private static ByteBuffer slice(ByteBuffer buffer, int length) {
        ByteBuffer slice = buffer.slice(buffer.position(), length).order(buffer.order());
        buffer.position(buffer.position() + length);
        return slice;
    }

    private static int ushort(ByteBuffer buffer, int at) {
        return buffer.getShort(at) & 0xffff;
    }

    private static long uint(ByteBuffer buffer, int at) {
        return buffer.getInt(at) & MAX32;
    }
}
