package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/**
 * One safetensors file, read strictly: everything the header claims is checked before any data is touched.
 *
 * <p>{@link #open(Path)} maps the file read-only, so opening costs no copy whatever the size, and pages are read when
 * something packs them. The price: if another process truncates the file while it is mapped, Java reads of the lost part
 * end in an {@link InternalError}, and a native copy straight out of the mapping kills the process with SIGBUS. Replace
 * weight files by renaming a new file over the old one, never in place; where that cannot be promised, use
 * {@link #copy(Path)}, which reads the file into memory of its own.
 *
 * <p>Tied weights, stored once with the other names in the metadata (as huggingface/safetensors {@code save_model} does), are
 * found under all their names; {@link #keys()} has the stored one.
 *
 * <p>Owned by whoever opened it; reads are safe from several threads, also while one closes (they fail with
 * {@link IllegalStateException}).
 */
public final class Safetensors implements Weights {
    /** One read of {@link #copy}; larger pieces gain nothing (measured 17 GB/s from the page cache at this size). */
    private static final int COPY_BYTES = 16 << 20;

    private final String source;
    private final SafetensorsHeader header;
    private final Map<String, String> aliases;
    private final MemorySegment data;
    private final Arena owned;

    private Safetensors(String source, SafetensorsHeader header, MemorySegment data, Arena owned) {
        this.source = source;
        this.header = header;
        this.aliases = aliases(header);
        this.data = data.asReadOnly();
        this.owned = owned;
    }

    /** Maps a file; {@link #close()} ends the mapping. */
    public static Safetensors open(Path path) {
        return open(path, SafetensorsLimits.DEFAULT);
    }

    /** Maps a file under other limits than the default ones; {@link #close()} ends the mapping. */
    public static Safetensors open(Path path, SafetensorsLimits limits) {
        return owning(path, limits, Safetensors::map);
    }

    /** Maps a file for the life of {@code arena}; {@link #close()} does nothing. */
    public static Safetensors open(Path path, Arena arena) {
        return read(path, SafetensorsLimits.DEFAULT, arena, null, Safetensors::map);
    }

    /** Copies a file into off-heap memory, so that nothing that happens to the file later can be seen. */
    public static Safetensors copy(Path path) {
        return owning(path, SafetensorsLimits.DEFAULT, Safetensors::load);
    }

    /** Reads a file that is in memory already, for example a resource of a jar; {@code source} names it in messages. */
    public static Safetensors parse(byte[] file, String source) {
        return parse(MemorySegment.ofArray(file), source);
    }

    /** Reads a file that is in memory already; {@code source} names it in messages. The data is not copied. */
    public static Safetensors parse(MemorySegment file, String source) {
        checkFileSize(source, file.byteSize());
        long length = file.get(ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), 0);
        int size = SafetensorsHeader.checkSize(source, length, file.byteSize(), SafetensorsLimits.DEFAULT);
        byte[] json = file.asSlice(8, size).toArray(ValueLayout.JAVA_BYTE);
        MemorySegment data = file.asSlice(8L + size);
        SafetensorsHeader header = SafetensorsHeader.parse(source, json, data.byteSize(), SafetensorsLimits.DEFAULT);
        return new Safetensors(source, header, data, null);
    }

    @Override
    public String source() {
        return source;
    }

    @Override
    public Set<String> keys() {
        return header.entries().keySet();
    }

    /** Names, types, shapes and places, in the order of the data. */
    public Map<String, WeightEntry> entries() {
        return header.entries();
    }

    @Override
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** Tied tensors are stored once; {@code __metadata__} then maps each dropped name to the kept one. */
    private static Map<String, String> aliases(SafetensorsHeader header) {
        Map<String, String> aliases = new HashMap<>();
        header.metadata().forEach((dropped, kept) -> {
            if (header.entries().containsKey(kept) && !header.entries().containsKey(dropped)) {
                aliases.put(dropped, kept);
            }
        });
        return aliases;
    }

    @Override
    public boolean contains(String key) {
        return header.entries().containsKey(key) || aliases.containsKey(key);
    }

    @Override
    public WeightEntry entry(String key) {
        WeightEntry entry = header.entries().get(aliases.getOrDefault(key, key));
        if (entry == null) {
            throw NearestKey.missing(source, key, header.entries().keySet());
        }
        return entry;
    }

    /** The bytes of one tensor as they are in the file: a read-only, unaligned slice of the mapping. */
    public MemorySegment bytes(String key) {
        WeightEntry entry = entry(key);
        return data.asSlice(entry.offset(), entry.bytes());
    }

    @Override
    public HostTensor read(String key) {
        return StoredTensors.read(source, entry(key), bytes(key));
    }

    /** Ends the mapping if this object made it; closing twice is allowed. */
    @Override
    public void close() {
        if (owned != null) {
            synchronized (owned) {
                if (owned.scope().isAlive()) {
                    owned.close();
                }
            }
        }
    }

    @Override
    public String toString() {
        return "%s (%d tensors, %d bytes)".formatted(source, keys().size(), data.byteSize());
    }

    private interface DataReader {
        MemorySegment read(FileChannel channel, long offset, long bytes, Arena arena) throws IOException;
    }

    private static Safetensors owning(Path path, SafetensorsLimits limits, DataReader reader) {
        Arena arena = Arena.ofShared();
        try {
            return read(path, limits, arena, arena, reader);
        } catch (Throwable t) {
            arena.close();
            throw t;
        }
    }

    private static Safetensors read(Path path, SafetensorsLimits limits, Arena arena, Arena owned, DataReader reader) {
        String source = path.toString();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long fileSize = channel.size();
            checkFileSize(source, fileSize);
            long length =
                    readFully(channel, 0, 8).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
            int size = SafetensorsHeader.checkSize(source, length, fileSize, limits);
            byte[] json = readFully(channel, 8, size).array();
            long dataBytes = fileSize - 8 - size;
            SafetensorsHeader header = SafetensorsHeader.parse(source, json, dataBytes, limits);
            MemorySegment data = dataBytes == 0
                    ? MemorySegment.ofArray(new byte[0])
                    : reader.read(channel, 8L + size, dataBytes, arena);
            if (channel.size() != fileSize) {
                throw WeightsException.of(
                        source,
                        "file",
                        fileSize + " bytes",
                        channel.size() + " a moment later",
                        "it is being written to");
            }
            return new Safetensors(source, header, data, owned);
        } catch (EOFException e) {
            throw new WeightsException(
                    source + ": file: expected it to keep its size, got a shorter one while reading", e);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read weights " + source + ": " + e, e);
        }
    }

    private static void checkFileSize(String source, long size) {
        if (size < 8) {
            throw WeightsException.of(
                    source, "file", "at least 8 bytes", Long.toString(size), "this is not a safetensors file");
        }
    }

    private static MemorySegment map(FileChannel channel, long offset, long bytes, Arena arena) throws IOException {
        return channel.map(FileChannel.MapMode.READ_ONLY, offset, bytes, arena);
    }

    private static MemorySegment load(FileChannel channel, long offset, long bytes, Arena arena) throws IOException {
        MemorySegment copy = arena.allocate(bytes, 64);
        for (long at = 0; at < bytes; at += COPY_BYTES) {
            long piece = Math.min(COPY_BYTES, bytes - at);
            fill(channel, offset + at, copy.asSlice(at, piece).asByteBuffer());
        }
        return copy;
    }

    private static ByteBuffer readFully(FileChannel channel, long offset, int bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(bytes);
        fill(channel, offset, buffer);
        return buffer.flip();
    }

    private static void fill(FileChannel channel, long offset, ByteBuffer buffer) throws IOException {
        long at = offset;
        while (buffer.hasRemaining()) {
            int read = channel.read(buffer, at);
            if (read < 0) {
                throw new EOFException("end of file at byte " + at);
            }
            at += read;
        }
    }
}
