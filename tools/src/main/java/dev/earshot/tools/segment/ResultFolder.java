package dev.earshot.tools.segment;

import dev.earshot.segmentation.output.AtomicFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * The folder of one clip's results. It is filled under a hidden name beside its place and appears under its own when
 * {@link #publish} is called; closed before that, or when the process is interrupted, it vanishes. An earlier result of
 * the same name is replaced.
 */
public final class ResultFolder implements AutoCloseable {
    /** What tells a folder of results from any other folder. */
    public static final String MARKER = "result.json";

    private static final Set<ResultFolder> OPEN = ConcurrentHashMap.newKeySet();
    private static final Thread CLEANER = new Thread(() -> OPEN.forEach(ResultFolder::close), "earshot-cleaner");

    static {
        Runtime.getRuntime().addShutdownHook(CLEANER);
    }

    private final Path target;
    private final Path temporary;

    /**
     * Makes an empty folder that will become {@code out/name}.
     *
     * @throws IllegalArgumentException if something else than an earlier result is there
     */
    public ResultFolder(Path out, String name) {
        this(out, name, MARKER);
    }

    /** As the other, for results that are told by another file: {@code marker}. */
    public ResultFolder(Path out, String name, String marker) {
        target = out.toAbsolutePath().normalize().resolve(AtomicFiles.safeName(name));
        if (Files.exists(target) && !isResult(target, marker)) {
            throw new IllegalArgumentException(
                    "%s: expected nothing or an earlier result there, got other files — give another --out"
                            .formatted(target));
        }
        try {
            Files.createDirectories(target.getParent());
            temporary = Files.createDirectory(hidden());
        } catch (IOException e) {
            throw new UncheckedIOException(out + ": cannot be written", e);
        }
        OPEN.add(this);
    }

    private static boolean isResult(Path folder, String marker) {
        String[] names = folder.toFile().list();
        return names != null && (names.length == 0 || Files.exists(folder.resolve(marker)));
    }

    private Path hidden() {
        String unique = Long.toUnsignedString(ThreadLocalRandom.current().nextLong(), 36);
        return target.resolveSibling(".earshot-" + unique);
    }

    /** Where to write. */
    public Path path() {
        return temporary;
    }

    /** Where the results will be. */
    public Path target() {
        return target;
    }

    /** Gives the folder its name. */
    public void publish() {
        try {
            Path old = null;
            if (Files.exists(target)) {
                old = hidden();
                Files.move(target, old);
            }
            Files.move(temporary, target);
            OPEN.remove(this);
            if (old != null) {
                delete(old);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(target + ": cannot be written", e);
        }
    }

    /** Deletes what was not published. */
    @Override
    public void close() {
        if (!OPEN.contains(this)) {
            return;
        }
        for (int attempt = 0; attempt < 3 && Files.exists(temporary); attempt++) {
            try { // a writer that is being interrupted may still add files
                delete(temporary);
            } catch (IOException e) {
                System.getLogger(ResultFolder.class.getName())
                        .log(System.Logger.Level.DEBUG, "left behind: " + temporary, e);
            }
        }
        OPEN.remove(this);
    }

    private static void delete(Path folder) throws IOException {
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.deleteIfExists(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path directory, IOException failure) throws IOException {
                Files.deleteIfExists(directory);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
