package dev.earshot.tools.segment;

import dev.earshot.segmentation.training.Sha256;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

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
        files.add(new Pending(role, file.getFileName().toString(), hash(() -> Sha256.of(file))));
        return this;
    }

    /** Starts to hash bytes. */
    public WeightHashes add(String role, String name, byte[] content) {
        files.add(new Pending(role, name, hash(() -> Sha256.of(content))));
        return this;
    }

    /** The hashes; waits for them. */
    public List<WeightFile> all() {
        return files.stream()
                .map(p -> new WeightFile(p.role, p.file, p.hash.join()))
                .toList();
    }

    private static CompletableFuture<String> hash(Supplier<String> hash) {
        return CompletableFuture.supplyAsync(
                hash,
                task -> Thread.ofPlatform().daemon().name("earshot-sha256").start(task));
    }
}
