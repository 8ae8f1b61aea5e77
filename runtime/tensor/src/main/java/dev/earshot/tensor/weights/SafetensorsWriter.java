package dev.earshot.tensor.weights;

import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes a safetensors file. The same tensors and metadata give the same bytes whatever the order of the calls: wide types
 * first, then by name, so that every tensor begins at a multiple of its element size; metadata by key.
 *
 * <p>{@link #write} goes to a temporary file in the same folder, then renames it, so that a reader sees the old file or the
 * whole new one. Data is pulled when it is written, one tensor at a time.
 */
public final class SafetensorsWriter {
    private static final int PIECE_BYTES = 1 << 20;

    private final Map<String, String> metadata = new TreeMap<>();
    private final Map<String, Pending> tensors = new LinkedHashMap<>();

    /** An empty file. */
    public SafetensorsWriter() {}

    /** Gives the bytes of one tensor, row-major and little-endian, when its turn comes. */
    public interface Source {
        /** Writes exactly the announced number of bytes to {@code out}. */
        void writeTo(WritableByteChannel out) throws IOException;
    }

    private record Pending(String name, StoredType type, Shape shape, long bytes, Source source) {}

    /** Adds an entry of the {@code __metadata__} object; the last value of a key counts. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /** Adds a tensor. The data is not copied until {@link #write}. */
    public SafetensorsWriter tensor(String name, HostTensor tensor) {
        return tensor(name, StoredType.of(tensor.dtype()), tensor.shape(), out -> writeSegment(tensor.data(), out));
    }

    /** Adds an F32 tensor over a heap array. The data is not copied until {@link #write}. */
    public SafetensorsWriter tensor(String name, float[] values, long... dims) {
        return tensor(name, HostTensor.of(values, dims));
    }

    /** Adds a tensor of any stored type whose bytes {@code source} gives. */
    public SafetensorsWriter tensor(String name, StoredType type, Shape shape, Source source) {
        long bits = Math.multiplyExact(shape.elements(), type.bits());
        if (name.isEmpty() || name.equals("__metadata__") || name.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "tensor name %s: expected a non-empty name without control characters other than __metadata__"
                            .formatted(WeightsException.quote(name)));
        }
        if (bits % 8 != 0) {
            throw new IllegalArgumentException(
                    "tensor %s %s %s: expected whole bytes, got %d bits".formatted(name, type, shape, bits));
        }
        if (tensors.put(name, new Pending(name, type, shape, bits / 8, source)) != null) {
            throw new IllegalArgumentException("tensor %s: expected each name once, got it twice".formatted(name));
        }
        return this;
    }

    /** Writes the file, replacing one of that name in one step. */
    public void write(Path path) {
        Path target = path.toAbsolutePath();
        try {
            // Not createTempFile, whose files only their owner may read.
            Path temporary = target.resolveSibling(
                    "." + target.getFileName() + "." + Long.toHexString(new SecureRandom().nextLong()) + ".tmp");
            try {
                try (FileChannel channel =
                        FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                    writeTo(channel);
                    channel.force(true);
                }
                Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(temporary);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write weights " + path + ": " + e, e);
        }
    }

    /** Writes the file's bytes to a channel. */
    public void writeTo(WritableByteChannel out) throws IOException {
        List<Pending> ordered = new ArrayList<>(tensors.values());
        ordered.sort(Comparator.comparingInt((Pending tensor) -> -tensor.type().bits())
                .thenComparing(Pending::name));
        byte[] json = header(ordered);
        ByteBuffer length =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, json.length);
        writeFully(out, length);
        writeFully(out, ByteBuffer.wrap(json));
        for (Pending tensor : ordered) {
            CountingChannel counting = new CountingChannel(out, tensor);
            tensor.source().writeTo(counting);
            counting.checkComplete();
        }
    }

    private byte[] header(List<Pending> ordered) {
        StringBuilder json = new StringBuilder("{");
        if (!metadata.isEmpty()) {
            json.append("\"__metadata__\":{");
            metadata.forEach((key, value) -> {
                appendString(json, key);
                json.append(':');
                appendString(json, value);
                json.append(',');
            });
            json.setCharAt(json.length() - 1, '}');
            json.append(',');
        }
        long offset = 0;
        for (Pending tensor : ordered) {
            long end = Math.addExact(offset, tensor.bytes());
            appendString(json, tensor.name());
            json.append(":{\"dtype\":\"").append(tensor.type()).append("\",\"shape\":");
            json.append(tensor.shape().toString().replace(" ", ""));
            json.append(",\"data_offsets\":[")
                    .append(offset)
                    .append(',')
                    .append(end)
                    .append("]},");
            offset = end;
        }
        if (json.length() > 1) {
            json.setLength(json.length() - 1);
        }
        json.append('}');
        byte[] utf8 = json.toString().getBytes(StandardCharsets.UTF_8);
        // Spaces up to a multiple of 8 align the data; the format allows them at the end only.
        byte[] padded = new byte[(utf8.length + 7) / 8 * 8];
        Arrays.fill(padded, utf8.length, padded.length, (byte) ' ');
        System.arraycopy(utf8, 0, padded, 0, utf8.length);
        return padded;
    }

    private static void appendString(StringBuilder json, String value) {
        json.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < 0x20 || Character.isSurrogate(c)) {
                json.append("\\u%04x".formatted((int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }

    private static void writeSegment(MemorySegment data, WritableByteChannel out) throws IOException {
        // Through a byte view in pieces: a channel takes neither heap segments of float[] nor more than 2 GB at once.
        byte[] piece = new byte[(int) Math.min(PIECE_BYTES, data.byteSize())];
        for (long at = 0; at < data.byteSize(); at += piece.length) {
            int length = (int) Math.min(piece.length, data.byteSize() - at);
            MemorySegment.copy(data, at, MemorySegment.ofArray(piece), 0, length);
            writeFully(out, ByteBuffer.wrap(piece, 0, length));
        }
    }

    private static void writeFully(WritableByteChannel out, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
    }

    /** Holds a source to the number of bytes it announced. */
    private static final class CountingChannel implements WritableByteChannel {
        private final WritableByteChannel out;
        private final Pending tensor;
        private long written;

        CountingChannel(WritableByteChannel out, Pending tensor) {
            this.out = out;
            this.tensor = tensor;
        }

        @Override
        public int write(ByteBuffer buffer) throws IOException {
            if (buffer.remaining() > tensor.bytes() - written) {
                throw mismatch("more");
            }
            int count = out.write(buffer);
            written += count;
            return count;
        }

        void checkComplete() {
            if (written != tensor.bytes()) {
                throw mismatch(Long.toString(written));
            }
        }

        private IllegalStateException mismatch(String got) {
            return new IllegalStateException("tensor %s %s %s: expected its source to write %d bytes, got %s"
                    .formatted(tensor.name(), tensor.type(), tensor.shape(), tensor.bytes(), got));
        }

        @Override
        public boolean isOpen() {
            return out.isOpen();
        }

        @Override
        public void close() {}
    }
}
