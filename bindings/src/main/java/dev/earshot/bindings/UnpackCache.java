package dev.earshot.bindings;

import dev.earshot.bindings.LibraryReport.Attempt;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * Unpacks class path files into a folder that outlives the process.
 *
 * <p>A folder is filled under a temporary name beside its final one and then renamed, so whoever sees the final name
 * sees all files complete. Processes that start together may each unpack; the first rename wins and the others throw
 * their copy away. No lock file exists that a killed process could leave behind.
 */
final class UnpackCache {
    /** Temporary folders older than this belong to no living process and are deleted by the next unpacking. */
    private static final Duration ABANDONED = Duration.ofHours(6);

    private final List<Root> roots;

    /** One place for the cache; a fallback place is announced in the log when it is used. */
    record Root(Path folder, boolean fallback) {}

    /** A packed file: where it is read from, its size, and a text that changes when its content changes. */
    private record Packed(String name, URL url, long size, String identity) {}

    /** With the places to try, in order. */
    UnpackCache(List<Root> roots) {
        this.roots = List.copyOf(roots);
    }

    /** The places of the running process, from system properties and environment. */
    static List<Root> defaultRoots() {
        String explicit = firstSet(System.getProperty("earshot.cache"), System.getenv("EARSHOT_CACHE"));
        if (explicit != null) {
            return List.of(new Root(Path.of(explicit).toAbsolutePath(), false));
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        // The XDG rules say that a relative path in the variable is to be ignored.
        Path base =
                xdg != null && xdg.startsWith("/") ? Path.of(xdg) : Path.of(System.getProperty("user.home"), ".cache");
        return List.of(new Root(base.resolve("earshot").toAbsolutePath(), false), new Root(temporaryRoot(), true));
    }

    private static Path temporaryRoot() {
        return Path.of(System.getProperty("java.io.tmpdir"), "earshot-" + System.getProperty("user.name"))
                .toAbsolutePath();
    }

    static String firstSet(String... values) {
        for (String value : values) {
            if (value != null && !value.isBlank()) {
                return value;
            }
        }
        return null;
    }

    /** The folder with the files, and the places before it that could not be used, each with its reason. */
    record Unpacked(Path folder, List<Attempt> failures) {}

    /** See {@link NativeLibraries#unpack}. */
    Unpacked unpack(String resourceFolder, List<String> files, String cacheKey) {
        if (files.isEmpty()) {
            throw new IllegalArgumentException("unpack " + resourceFolder + ": expected at least one file, got none");
        }
        if (!cacheKey.matches("[A-Za-z0-9._-]+")) {
            throw new IllegalArgumentException(
                    "unpack cacheKey: expected letters, digits and . _ - only, got \"" + cacheKey + '"');
        }
        List<Packed> packed = new ArrayList<>();
        for (String file : files) {
            packed.add(find(resourceFolder, file));
        }
        String name = cacheKey + "-" + fingerprint(packed);
        List<Attempt> failures = new ArrayList<>();
        IOException last = null;
        for (Root root : roots) {
            try {
                Path folder = unpackInto(root, name, packed);
                if (root.fallback()) {
                    debug("native files in temporary folder {0}, because: {1}", folder, failures);
                }
                return new Unpacked(folder, failures);
            } catch (IOException e) {
                failures.add(new Attempt(root.folder().toString(), e.toString()));
                last = e;
            }
        }
        String tried = failures.stream().map(Attempt::toString).collect(Collectors.joining("; "));
        throw new NativeLibraryException(
                "%s: cannot unpack %s to disk; tried %s — set EARSHOT_CACHE (or -Dearshot.cache) to a folder that can be written and has %d MB free"
                        .formatted(cacheKey, files, tried, totalBytes(packed) / 1_000_000 + 1),
                last);
    }

    private static Path unpackInto(Root root, String name, List<Packed> packed) throws IOException {
        Path target = root.folder().resolve("native").resolve(name);
        if (isComplete(target, packed)) {
            if (root.fallback()) {
                requireOwn(root.folder());
            }
            return target;
        }
        Path parent = createParent(root);
        deleteAbandoned(parent);
        Path temporary = Files.createTempDirectory(parent, ".tmp-");
        try {
            for (Packed file : packed) {
                write(file, temporary.resolve(file.name()));
            }
            allowEveryone(temporary); // a cache may be filled by one user and used by others
            publish(temporary, target, packed);
        } finally {
            deleteTree(temporary);
        }
        return target;
    }

    private static Path createParent(Root root) throws IOException {
        Path parent = root.folder().resolve("native");
        if (!root.fallback()) {
            return Files.createDirectories(parent);
        }
        // The temporary folder is shared with other users: ours is private, and one that somebody else made before
        // us is refused, for what lies in it would be executed.
        if (!Files.exists(root.folder()) && hasPosixPermissions()) {
            try {
                Files.createDirectory(
                        root.folder(),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            } catch (FileAlreadyExistsException e) {
                debug("another process made {0} first", root.folder());
            }
        }
        Files.createDirectories(parent);
        requireOwn(root.folder());
        return parent;
    }

    private static void requireOwn(Path folder) throws IOException {
        Path probe = Files.createTempFile("earshot-", ".owner");
        try {
            if (!Files.getOwner(folder).equals(Files.getOwner(probe))) {
                throw new IOException("belongs to another user: " + Files.getOwner(folder));
            }
        } finally {
            Files.delete(probe);
        }
    }

    private static void publish(Path temporary, Path target, List<Packed> packed) throws IOException {
        if (Files.exists(target) && !isComplete(target, packed)) {
            // Damaged from outside (a disk cleaner, a user): step aside. Processes that mapped it keep their mapping.
            Path damaged = temporary.resolveSibling(temporary.getFileName() + ".damaged");
            try {
                Files.move(target, damaged, StandardCopyOption.ATOMIC_MOVE);
            } catch (NoSuchFileException e) {
                debug("another process already replaced {0}", target);
            }
            deleteTree(damaged);
        }
        try {
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            if (!isComplete(target, packed)) {
                throw e;
            }
            debug("another process published {0} first", target);
        }
    }

    private static boolean isComplete(Path folder, List<Packed> packed) throws IOException {
        for (Packed file : packed) {
            Path path = folder.resolve(file.name());
            if (!Files.isRegularFile(path) || Files.size(path) != file.size()) {
                return false;
            }
        }
        return true;
    }

    private static void write(Packed file, Path path) throws IOException {
        try (InputStream in = file.url().openStream();
                FileChannel out = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            OutputStream stream = Channels.newOutputStream(out);
            in.transferTo(stream);
            if (out.size() != file.size()) {
                throw new IOException("%s: expected %d bytes, got %d".formatted(file.name(), file.size(), out.size()));
            }
            // The finished folder is trusted for ever, so its bytes must be on the disk before its name is.
            out.force(true);
        }
        allowEveryone(path);
    }

    private static void allowEveryone(Path path) throws IOException {
        if (hasPosixPermissions()) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    /** The logger is looked up when there is something to say: its first use costs 25 ms. */
    private static void debug(String format, Object... arguments) {
        System.getLogger("dev.earshot.bindings").log(Level.DEBUG, format, arguments);
    }

    private static boolean hasPosixPermissions() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }

    private static Packed find(String resourceFolder, String file) {
        if (!file.matches("[^/\\\\]+") || file.startsWith("..")) {
            throw new IllegalArgumentException("unpack: expected a plain file name, got \"" + file + '"');
        }
        String resource = resourceFolder + "/" + file;
        URL url = UnpackCache.class.getClassLoader().getResource(resource);
        if (url == null) {
            throw new NativeLibraryException(
                    "%s not found on the class path; this machine is %s — add the Maven artifact that carries it (its classifier is the platform)"
                            .formatted(resource, NativeLibraries.platform()),
                    null);
        }
        try {
            return describe(file, url);
        } catch (IOException e) {
            throw new NativeLibraryException("%s: cannot read %s (%s)".formatted(resource, url, e), e);
        }
    }

    /** Reads size and checksum from the jar's directory, or size and time of an unpacked class path folder. */
    private static Packed describe(String file, URL url) throws IOException {
        URLConnection connection = url.openConnection();
        if (connection instanceof JarURLConnection jar) {
            jar.setUseCaches(false);
            try (JarFile open = jar.getJarFile()) {
                JarEntry entry = open.getJarEntry(jar.getEntryName());
                return new Packed(file, url, entry.getSize(), "crc " + Long.toHexString(entry.getCrc()));
            }
        }
        long size = connection.getContentLengthLong();
        long modified = connection.getLastModified();
        connection.getInputStream().close(); // asking for the length has opened the file
        return new Packed(file, url, size, "modified " + modified);
    }

    /**
     * CRC-32 over names, sizes and the archive's own checksums. It tells builds of one version apart and is no defence
     * against forgery; a cryptographic digest would cost 30 ms of class loading at every start.
     */
    private static String fingerprint(List<Packed> packed) {
        CRC32 crc = new CRC32();
        for (Packed file : packed) {
            crc.update("%s %d %s\n"
                    .formatted(file.name(), file.size(), file.identity())
                    .getBytes(StandardCharsets.UTF_8));
        }
        return "%08x".formatted(crc.getValue());
    }

    private static long totalBytes(List<Packed> packed) {
        return packed.stream().mapToLong(Packed::size).sum();
    }

    private static void deleteAbandoned(Path parent) throws IOException {
        List<Path> leftovers;
        try (Stream<Path> entries = Files.list(parent)) {
            leftovers = entries.filter(p -> p.getFileName().toString().startsWith(".tmp-"))
                    .toList();
        }
        Instant limit = Instant.now().minus(ABANDONED);
        for (Path leftover : leftovers) {
            try {
                if (Files.getLastModifiedTime(leftover).toInstant().isBefore(limit)) {
                    deleteTree(leftover);
                }
            } catch (IOException | UncheckedIOException e) {
                // Another process may be deleting it too; the next unpacking looks again.
                debug("cannot delete the abandoned folder {0}: {1}", leftover, e);
            }
        }
    }

    private static void deleteTree(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> entries = Files.walk(folder)) {
            for (Path path : entries.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(path);
            }
        }
    }
}
