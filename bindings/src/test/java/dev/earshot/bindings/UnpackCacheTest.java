package dev.earshot.bindings;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.UnpackCache.Root;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Unpacks two small files of oneDNN's artifact, which lies in a jar as it does for users. */
final class UnpackCacheTest {
    private static final String FOLDER = "org/bytedeco/dnnl/linux-x86_64";
    private static final List<String> FILES = List.of("libgomp.so.1", "libjnidnnl.so");

    @TempDir
    Path temporary;

    private Path unpack(String key, Path... folders) {
        return cache(folders).unpack(FOLDER, FILES, key).folder();
    }

    private UnpackCache cache(Path... folders) {
        List<Root> roots = new ArrayList<>();
        for (Path folder : folders) {
            roots.add(new Root(folder, !roots.isEmpty()));
        }
        return new UnpackCache(roots);
    }

    private static byte[] packed(String file) throws IOException {
        try (InputStream in = UnpackCacheTest.class.getClassLoader().getResourceAsStream(FOLDER + "/" + file)) {
            return in.readAllBytes();
        }
    }

    private static void assertUnpacked(Path folder) throws IOException {
        for (String file : FILES) {
            assertArrayEquals(packed(file), Files.readAllBytes(folder.resolve(file)), file);
            assertTrue(Files.isExecutable(folder.resolve(file)), file);
        }
        try (Stream<Path> siblings = Files.list(folder.getParent())) {
            assertEquals(List.of(folder), siblings.toList(), "nothing but the finished folder stays");
        }
    }

    private static Object identity(Path file) throws IOException {
        return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    }

    @Test
    void secondUnpackingReusesTheFolder() throws IOException {
        Path first = unpack("test-1", temporary);
        assertUnpacked(first);
        Object before = identity(first.resolve("libgomp.so.1"));
        assertEquals(first, unpack("test-1", temporary));
        assertEquals(before, identity(first.resolve("libgomp.so.1")), "the file was written again");
        assertNotEquals(first, unpack("test-2", temporary));
        assertNotEquals(
                first,
                cache(temporary).unpack(FOLDER, FILES.subList(0, 1), "test-1").folder());
    }

    @Test
    void truncatedAndMissingFilesAreUnpackedAgain() throws IOException {
        Path folder = unpack("test-1", temporary);
        Files.write(folder.resolve("libgomp.so.1"), new byte[17]);
        assertUnpacked(unpack("test-1", temporary));
        Files.delete(folder.resolve("libjnidnnl.so"));
        assertUnpacked(unpack("test-1", temporary));
    }

    @Test
    void leftoverOfAKilledProcessIsNeitherUsedNorKeptForEver() throws IOException {
        Path leftover = Files.createDirectories(temporary.resolve("native/.tmp-123"));
        Files.write(leftover.resolve("libgomp.so.1"), new byte[17]);
        Path recent = Files.createDirectories(temporary.resolve("native/.tmp-456"));
        Files.setLastModifiedTime(leftover, FileTime.from(Instant.now().minus(1, ChronoUnit.DAYS)));
        Path folder = unpack("test-1", temporary);
        assertFalse(Files.exists(leftover), "an abandoned folder was kept");
        assertTrue(Files.exists(recent), "a folder that a process may still fill was deleted");
        Files.delete(recent);
        assertUnpacked(folder);
    }

    @Test
    void unwritableHomeFallsBackToTheTemporaryFolder() throws IOException {
        // A plain file where a folder should be: also the superuser, who may write anywhere, cannot write below it.
        Path blocked = Files.createFile(temporary.resolve("home")).resolve(".cache/earshot");
        Path fallback = temporary.resolve("tmp/earshot-somebody");
        Files.createDirectory(fallback.getParent());
        Path folder = unpack("test-1", blocked, fallback);
        assertTrue(folder.startsWith(fallback), folder.toString());
        assertUnpacked(folder);
        assertEquals(folder, unpack("test-1", blocked, fallback));
        assertEquals("rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(fallback)));
    }

    @Test
    void messageNamesEveryFolderThatCouldNotBeWritten() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));
        UnpackCache cache = cache(file.resolve("a"), file.resolve("b"));
        String message = assertThrows(NativeLibraryException.class, () -> cache.unpack(FOLDER, FILES, "test-1"))
                .getMessage();
        for (String part : List.of("test-1", "libgomp.so.1", file + "/a", file + "/b", "EARSHOT_CACHE")) {
            assertTrue(message.contains(part), () -> part + " not in: " + message);
        }
    }

    @Test
    void messageOfAMissingFileNamesItAndTheMachine() {
        String message = assertThrows(
                        NativeLibraryException.class,
                        () -> cache(temporary).unpack(FOLDER, List.of("libnothing.so"), "test-1"))
                .getMessage();
        assertTrue(message.contains(FOLDER + "/libnothing.so not found on the class path"), message);
        assertTrue(message.contains(NativeLibraries.platform()), message);
    }

    @Test
    void pathsInNamesAreRefused() {
        UnpackCache cache = cache(temporary);
        for (String file : List.of("../libgomp.so.1", "..", "a/b", "a\\b", "")) {
            assertThrows(IllegalArgumentException.class, () -> cache.unpack(FOLDER, List.of(file), "test-1"), file);
        }
        assertThrows(IllegalArgumentException.class, () -> cache.unpack(FOLDER, FILES, "../test"));
        assertThrows(IllegalArgumentException.class, () -> cache.unpack(FOLDER, List.of(), "test"));
    }

    @Test
    void fourProcessesOnAnEmptyCacheAgree() throws Exception {
        fourProcessesAgree(Map.of("EARSHOT_CACHE", temporary.toString()), temporary);
    }

    @Test
    void fourProcessesThatCannotWriteTheirCacheAgreeOnTheTemporaryFolder() throws Exception {
        Path blocked = Files.createFile(temporary.resolve("file"));
        Path tmp = Files.createDirectory(temporary.resolve("tmp"));
        Map<String, String> environment =
                Map.of("XDG_CACHE_HOME", blocked.toString(), "JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + tmp);
        fourProcessesAgree(environment, tmp);
    }

    private void fourProcessesAgree(Map<String, String> environment, Path expectedRoot) throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(ChildJvm.start(ChildJvm.classPath(), environment, UnpackMain.class));
        }
        List<String> folders = new ArrayList<>();
        for (Process process : processes) {
            ChildJvm.Result result = ChildJvm.finish(process);
            assertEquals(0, result.status(), result.output());
            folders.add(result.output().lines().toList().getLast()); // the JVM may name its options before
        }
        assertEquals(1, folders.stream().distinct().count(), folders.toString());
        Path folder = Path.of(folders.get(0));
        assertTrue(folder.startsWith(expectedRoot), folder.toString());
        assertUnpacked(folder);
    }

    /** Unpacks the test files into the default cache and prints where. */
    static final class UnpackMain {
        private UnpackMain() {}

        public static void main(String[] arguments) {
            System.out.println(NativeLibraries.unpack(FOLDER, FILES, "test-1"));
        }
    }
}
