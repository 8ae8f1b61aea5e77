package dev.earshot.segmentation.training;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * Records in a file that the next run finds again: a header with a hash of what they were made from, a table with slot and
 * checksum of every clip, then the records. Records are written before their table entry and checked when first read, so a
 * run that is ended at any moment loses at most the record under way. The file is sparse and grows with the records; it is
 * read through a mapping and written through the channel, so that a full disk is an exception and not a crash.
 *
 * <p>Only one process at a time may hold the file; a second one is told so.
 */
final class MappedStates implements StateStore {
    private static final byte[] MAGIC = "earshot states 1".getBytes(StandardCharsets.US_ASCII);
    private static final int HEADER_BYTES = 4096;
    private static final int ENTRY_BYTES = 8;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final Arena arena = Arena.ofShared();
    private final FileChannel channel;
    private final MemorySegment mapped;
    private final int floats;
    private final int capacity;
    private final long recordsAt;
    private final BitSet verified = new BitSet();
    private int used;

    /**
     * Opens or makes the file.
     *
     * @param origin text that says what the records are made from
     * @param maxBytes bound of the file
     */
    MappedStates(Path file, String origin, int clips, int floats, long maxBytes, WorkProgress progress) {
        this.file = file;
        this.floats = floats;
        this.recordsAt = (HEADER_BYTES + (long) ENTRY_BYTES * clips + 63) / 64 * 64;
        this.capacity = Math.clamp((maxBytes - recordsAt) / (4L * floats), 0, clips);
        byte[] header = header(origin + " clips " + clips + " floats " + floats);
        FileChannel opened = null;
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            opened = FileChannel.open(
                    file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE);
            if (!Locks.take(opened)) {
                throw busy();
            }
            if (!hasHeader(opened, header)) {
                if (opened.size() > 0) {
                    progress.note(file + " was made from something else and is made again");
                }
                begin(opened, header);
            }
            long size = recordsAt + 4L * floats * capacity;
            if (opened.size() < size) {
                opened.write(ByteBuffer.allocate(1), size - 1); // a hole: no disk space yet
            }
            this.mapped = opened.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
            this.channel = opened;
        } catch (IOException e) {
            release(opened);
            throw new UncheckedIOException(file + ": cannot be used as a cache", e);
        } catch (RuntimeException e) {
            release(opened);
            throw e;
        }
        countUsed(clips);
    }

    private void release(FileChannel opened) {
        arena.close();
        if (opened != null) {
            try {
                opened.close();
            } catch (IOException e) {
                System.getLogger(MappedStates.class.getName()).log(System.Logger.Level.DEBUG, file.toString(), e);
            }
        }
    }

    private IllegalStateException busy() {
        return new IllegalStateException(
                file
                        + ": expected to be the only one that uses it, got a file locked by another run — wait for it, or cache in memory");
    }

    private static byte[] header(String origin) {
        byte[] header = Arrays.copyOf(MAGIC, MAGIC.length + 64);
        System.arraycopy(Sha256.of(origin).getBytes(StandardCharsets.US_ASCII), 0, header, MAGIC.length, 64);
        return header;
    }

    private static boolean hasHeader(FileChannel channel, byte[] header) throws IOException {
        ByteBuffer found = ByteBuffer.allocate(header.length);
        for (int n = 0; n >= 0 && found.hasRemaining(); ) {
            n = channel.read(found, found.position());
        }
        return Arrays.equals(found.array(), header);
    }

    /** Empties the file first and gives it its header last. */
    private static void begin(FileChannel channel, byte[] header) throws IOException {
        channel.truncate(0);
        channel.write(ByteBuffer.wrap(header), 0);
    }

    /** Slots are given in order, so the highest one in use tells how many are. */
    private void countUsed(int clips) {
        for (int clip = 0; clip < clips; clip++) {
            used = Math.max(used, slotPlusOne(clip));
        }
    }

    private int slotPlusOne(int clip) {
        int stored = mapped.get(INT, HEADER_BYTES + (long) ENTRY_BYTES * clip);
        return stored < 0 || stored > capacity ? 0 : stored; // made under a larger bound: out of reach
    }

    @Override
    public Optional<MemorySegment> find(int clip) {
        int slot = slotPlusOne(clip) - 1;
        if (slot < 0) {
            return Optional.empty();
        }
        MemorySegment record = mapped.asSlice(recordsAt + 4L * floats * slot, 4L * floats);
        if (!verified.get(clip)) {
            int expected = mapped.get(INT, HEADER_BYTES + (long) ENTRY_BYTES * clip + 4);
            if (checksum(record.asByteBuffer()) != expected) {
                return Optional.empty();
            }
            verified.set(clip);
        }
        return Optional.of(record);
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    @Override
    public void offer(int clip, float[] values) {
        if (values.length != floats) {
            throw new IllegalArgumentException(
                    "state of clip %d: expected %d values, got %d".formatted(clip, floats, values.length));
        }
        int damaged = slotPlusOne(clip);
        if (verified.get(clip) || damaged == 0 && used >= capacity) {
            return;
        }
        int slot = damaged > 0 ? damaged - 1 : used;
        ByteBuffer record = ByteBuffer.allocate(4 * floats).order(ByteOrder.LITTLE_ENDIAN);
        record.asFloatBuffer().put(values);
        ByteBuffer entry = ByteBuffer.allocate(ENTRY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        entry.putInt(slot + 1).putInt(checksum(record.duplicate())).flip();
        try {
            write(record, recordsAt + 4L * floats * slot);
            write(entry, HEADER_BYTES + (long) ENTRY_BYTES * clip);
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": state cannot be kept — free space or lower the cache's bound", e);
        }
        verified.set(clip);
        used = Math.max(used, slot + 1);
    }

    private void write(ByteBuffer bytes, long at) throws IOException {
        long position = at;
        while (bytes.hasRemaining()) {
            position += channel.write(bytes, position);
        }
    }

    @Override
    public int kept() {
        return used;
    }

    @Override
    public int capacity() {
        return capacity;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            release(channel);
        }
    }
}
