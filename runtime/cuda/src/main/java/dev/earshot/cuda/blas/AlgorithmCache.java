package dev.earshot.cuda.blas;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;

/**
 * Chosen cuBLASLt algorithms on disk, so that a process need not search again: one text file per card, driver and library
 * version. A file that is damaged, or was written for something else, is ignored with one line in the log and replaced at
 * the next {@link #save}. Files are written under a temporary name and renamed, so that readers never see half of one.
 */
final class AlgorithmCache {
    /** Bytes of a {@code cublasLtMatmulAlgo_t}. */
    static final int ALGORITHM_BYTES = 64;

    private static final System.Logger LOG = System.getLogger(AlgorithmCache.class.getName());
    private static final String FORMAT = "earshot cublaslt algorithms 1";
    private static final long LARGEST_FILE = 16L << 20;

    /** Most algorithms kept, in some 400 bytes of text each; the least recently used are left out. */
    static final int MOST_KEPT = 16_384;

    private final Path file;
    private final String identity;
    private final Map<String, byte[]> algorithms = new LinkedHashMap<>(64, 0.75f, true);
    private boolean changed;

    /**
     * Reads what is there.
     *
     * @param folder where the files lie; made when something is saved
     * @param identity card, compute capability, driver and library version on one line
     */
    AlgorithmCache(Path folder, String identity) {
        this.identity = identity;
        this.file = folder.resolve("cublaslt-%08x.txt".formatted(checksum(identity)));
        algorithms.putAll(read());
    }

    /** The algorithm kept for a product, 64 opaque bytes. */
    Optional<byte[]> find(Gemm gemm) {
        return Optional.ofNullable(algorithms.get(gemm.toString())).map(byte[]::clone);
    }

    /** Keeps an algorithm until {@link #save}. */
    void put(Gemm gemm, byte[] algorithm) {
        if (algorithm.length != ALGORITHM_BYTES) {
            throw new IllegalArgumentException(
                    "algorithm: expected %d bytes, got %d".formatted(ALGORITHM_BYTES, algorithm.length));
        }
        algorithms.put(gemm.toString(), algorithm.clone());
        leaveOutOldest(algorithms);
        changed = true;
    }

    /** Writes the file if anything is new. What another process has saved meanwhile is kept. */
    void save() {
        if (!changed) {
            return;
        }
        Map<String, byte[]> all = read();
        algorithms.forEach((key, bytes) -> {
            all.remove(key);
            all.put(key, bytes); // after those that were not used since
        });
        leaveOutOldest(all);
        StringBuilder body = new StringBuilder();
        all.forEach((key, bytes) -> body.append(key)
                .append(' ')
                .append(HexFormat.of().formatHex(bytes))
                .append('\n'));
        String text = "%s\n%s\n%08x\n%s".formatted(FORMAT, identity, checksum(body.toString()), body);
        try {
            Files.createDirectories(file.getParent());
            Path temporary = Files.createTempFile(file.getParent(), "cublaslt-", ".tmp");
            try {
                Files.writeString(temporary, text);
                Files.move(temporary, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(temporary);
            }
            changed = false;
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0}: chosen cuBLASLt algorithms were not saved: {1}", file, e.toString());
        }
    }

    private static void leaveOutOldest(Map<String, byte[]> algorithms) {
        Iterator<String> oldest = algorithms.keySet().iterator();
        while (algorithms.size() > MOST_KEPT) {
            oldest.next();
            oldest.remove();
        }
    }

    /** The file's entries, the least recently used first; none if it is missing, damaged or foreign. */
    private Map<String, byte[]> read() {
        try {
            if (Files.size(file) > LARGEST_FILE) {
                return ignored("larger than %d bytes".formatted(LARGEST_FILE));
            }
            return parse(Files.readString(file));
        } catch (NoSuchFileException e) {
            return new LinkedHashMap<>();
        } catch (IOException e) {
            return ignored(e.toString());
        }
    }

    private Map<String, byte[]> parse(String text) {
        String[] parts = text.split("\n", 4);
        if (parts.length < 4 || !parts[0].equals(FORMAT)) {
            return ignored("expected the line \"%s\" first".formatted(FORMAT));
        }
        if (!parts[1].equals(identity)) {
            return ignored("expected algorithms of %s, got those of %s".formatted(identity, parts[1]));
        }
        if (!parts[2].equals("%08x".formatted(checksum(parts[3])))) {
            return ignored("expected checksum %08x, got %s".formatted(checksum(parts[3]), parts[2]));
        }
        Map<String, byte[]> entries = new LinkedHashMap<>();
        for (String line : parts[3].lines().toList()) {
            int blank = line.indexOf(' ');
            if (blank < 1 || line.length() - blank - 1 != 2 * ALGORITHM_BYTES) {
                return ignored("expected a product and %d bytes in each line".formatted(ALGORITHM_BYTES));
            }
            try {
                entries.put(line.substring(0, blank), HexFormat.of().parseHex(line.substring(blank + 1)));
            } catch (IllegalArgumentException e) {
                return ignored("expected hexadecimal digits: " + e.getMessage());
            }
        }
        return entries;
    }

    private Map<String, byte[]> ignored(String reason) {
        LOG.log(Level.WARNING, "{0}: ignored, {1}", file, reason);
        return new LinkedHashMap<>();
    }

    private static int checksum(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }
}
