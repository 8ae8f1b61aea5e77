package dev.earshot.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** JCuda beside a made-up driver, in JVMs of their own: its static initialiser runs once per process. */
final class JCudaFilesTest {
    private static final String FILE = "libJCudaDriver-12.6.0-linux-x86_64.so";

    @TempDir
    Path root;

    private Map<String, String> environment(Path cache, Path temporary) throws Exception {
        Path driver = FakeLibrary.driver(root.resolve("sim"), 12_030);
        return Map.of(
                "EARSHOT_SIMCUDA_DIR",
                driver.getParent().toString(),
                "EARSHOT_CACHE",
                cache.toString(),
                "LD_LIBRARY_PATH",
                "/nothing",
                "JAVA_TOOL_OPTIONS",
                "-Djava.io.tmpdir=" + temporary);
    }

    @Test
    void processesThatStartTogetherUseOneCompleteFileAndTheLoadedDriver() throws Exception {
        Path cache = root.resolve("cache");
        Path temporary = Files.createDirectory(root.resolve("tmp"));
        // What another program, or another user, may have left there: JCuda alone would load it.
        Files.writeString(temporary.resolve(FILE), "half a file");
        Map<String, String> environment = environment(cache, temporary);
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            processes.add(ChildJvm.start(ChildJvm.classPath(), environment, JCudaMain.class));
        }
        for (Process process : processes) {
            ChildJvm.Result result = ChildJvm.finish(process);
            assertEquals(0, result.status(), result.output());
            assertTrue(result.output().endsWith("driver 12030, temporary files in " + temporary), result.output());
        }
        try (Stream<Path> files = Files.walk(cache)) {
            assertEquals(
                    List.of(FILE),
                    files.filter(Files::isRegularFile)
                            .map(path -> path.getFileName().toString())
                            .toList());
        }
        assertEquals("half a file", Files.readString(temporary.resolve(FILE)));
    }

    @Test
    void failureOfTheFirstUseReachesTheCallerAndTheTemporaryFolderIsBack() throws IOException {
        String before = System.getProperty("java.io.tmpdir");
        UnpackCache cache = new UnpackCache(List.of(new UnpackCache.Root(root, false)));
        Runnable failing = () -> {
            throw new IllegalStateException(
                    "file there: " + Files.isRegularFile(Path.of(System.getProperty("java.io.tmpdir"), FILE)));
        };
        IllegalStateException failure =
                assertThrows(IllegalStateException.class, () -> JCudaFiles.load(cache, failing));
        assertEquals("file there: true", failure.getMessage());
        assertEquals(before, System.getProperty("java.io.tmpdir"));
        File made = File.createTempFile("earshot-", ".test");
        assertEquals(Path.of(before).toRealPath(), made.toPath().getParent().toRealPath());
        Files.delete(made.toPath());
    }

    /** Loads the simulated driver, then JCuda, and asks JCuda for the driver's version. */
    static final class JCudaMain {
        private JCudaMain() {}

        public static void main(String[] arguments) throws IOException {
            NativeLibraries.loadCudaDriver(CudaFlavour.SIMULATED);
            NativeLibraries.loadJCuda(() -> JCudaDriver.setExceptionsEnabled(true));
            int[] version = new int[1];
            JCudaDriver.cuDriverGetVersion(version);
            Path made = Files.createTempFile("earshot-", ".test");
            Files.delete(made);
            System.out.println("driver " + version[0] + ", temporary files in " + made.getParent());
        }
    }
}
