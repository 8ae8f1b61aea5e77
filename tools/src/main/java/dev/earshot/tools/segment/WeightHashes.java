package dev.earshot.tools.segment;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** SHA-256 of the weight files in use, computed beside the work: 2.9 GB take a few seconds. */
public final class WeightHashes {
    /**
     * A weight file.
     *
     * @param role what it holds: {@code imagebind}, {@code adapter}
     * @param file its name
     * @param sha256 in hexadecimal
     */
    public record WeightFile(String role, String file, String sha256) {}

    private record Pending(String role, String file, CompletableFuture<String> hash) {}

    private final List<Pending> files = new ArrayList<>();

    /** Starts to hash a file. */
    public WeightHashes add(String role, Path file) {
        files.add(new Pending(role, file.getFileName().toString(), hash(() -> Files.newInputStream(file))));
        return this;
    }

    /** Starts to hash bytes. */
    public WeightHashes add(String role, String name, byte[] content) {
        files.add(new Pending(role, name, hash(() -> new java.io.ByteArrayInputStream(content))));
        return this;
    }

    /** The hashes; waits for them. */
    public List<WeightFile> all() {
        return files.stream()
                .map(p -> new WeightFile(p.role, p.file, p.hash.join()))
                .toList();
    }

    private interface Source {
        InputStream open() throws IOException;
    }

    private static CompletableFuture<String> hash(Source source) {
        CompletableFuture<String> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("earshot-sha256").start(() -> {
            try (InputStream in = source.open()) {
                MessageDigest digest = MessageDigest.getInstance("SHA-256");
                byte[] block = new byte[1 << 20];
                for (int n = in.read(block); n >= 0; n = in.read(block)) {
                    digest.update(block, 0, n);
                }
                result.complete(HexFormat.of().formatHex(digest.digest()));
            } catch (IOException e) {
                result.completeExceptionally(new UncheckedIOException(e));
            } catch (NoSuchAlgorithmException e) {
                result.completeExceptionally(new IllegalStateException("this JDK has no SHA-256", e));
            }
        });
        return result;
    }
}
