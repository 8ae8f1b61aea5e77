package dev.earshot.bench.check;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Short words for long results, one per name, in a file that two processes can be compared by. */
final class Digests {
    private static final String SEPARATOR = "\t";
    private static final int BYTES = 12;

    private final Map<String, String> words = new LinkedHashMap<>();

    /** The word of some bytes. */
    static String of(ByteBuffer bytes) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(bytes);
            return HexFormat.of().formatHex(digest.digest(), 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    static Digests read(Path file) {
        Digests digests = new Digests();
        try {
            for (String line : Files.readAllLines(file)) {
                String[] parts = line.split(SEPARATOR);
                digests.words.put(parts[0], parts[1]);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be read", e);
        }
        return digests;
    }

    void put(String name, String word) {
        words.put(name, word);
    }

    int size() {
        return words.size();
    }

    void write(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.write(
                    file,
                    words.entrySet().stream()
                            .map(each -> each.getKey() + SEPARATOR + each.getValue())
                            .toList());
        } catch (IOException e) {
            throw new UncheckedIOException(file + ": cannot be written", e);
        }
    }

    /** Names that only one of the two has, or of which they have other words. */
    List<String> differences(Digests other) {
        TreeSet<String> names = new TreeSet<>(words.keySet());
        names.addAll(other.words.keySet());
        List<String> different = new ArrayList<>();
        for (String name : names) {
            String mine = words.getOrDefault(name, "missing");
            if (!mine.equals(other.words.getOrDefault(name, "missing too"))) {
                different.add(name);
            }
        }
        return different;
    }
}
