package dev.earshot.tools.segment;

import dev.earshot.segmentation.training.Sha256;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * SHA-256 of the weight files in use, computed beside the work, but not before its first result: 2.9 GB take a few seconds of
 * a processor, and even the demo weights take one from the first pass. Thread-safe.
 */
public final class WeightHashes {
    /**
     * A weight file.
     *
     * @param role what it holds: {@code imagebind}, {@code adapter}
     * @param file its name
     * @param sha256 in hexadecimal
     */
    public record WeightFile(String role, String file, String sha256) {}

    private record Pending(String role, String file, Supplier<String> task) {}

    private final List<Pending> files = new ArrayList<>();
    private final List<CompletableFuture<String>> started = new ArrayList<>();

    /** A file to be hashed. */
    public synchronized WeightHashes add(String role, Path file) {
        files.add(new Pending(role, file.getFileName().toString(), () -> Sha256.of(file)));
        return this;
    }

    /** Bytes to be hashed. */
    public synchronized WeightHashes add(String role, String name, byte[] content) {
        files.add(new Pending(role, name, () -> Sha256.of(content)));
        return this;
    }

    /** Starts on those files that it has not started on. */
    public synchronized void start() {
        for (Pending each : files.subList(started.size(), files.size())) {
            started.add(hash(each.task));
        }
    }

    /** The hashes; starts what has not been started, and waits. */
    public synchronized List<WeightFile> all() {
        start();
        List<WeightFile> all = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            all.add(new WeightFile(
                    files.get(i).role, files.get(i).file, started.get(i).join()));
        }
        return all;
    }

    private static CompletableFuture<String> hash(Supplier<String> hash) {
        return CompletableFuture.supplyAsync(
                hash,
                task -> Thread.ofPlatform().daemon().name("earshot-sha256").start(task));
    }
}
