package dev.earshot.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.LibraryReport.Attempt;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every way in which loading goes wrong, and right: with made-up folders here, with made-up libraries in child JVMs. */
final class CudaLoaderTest {
    @TempDir
    Path root;

    private final Map<String, String> settings = new HashMap<>();

    /** Looks at made-up folders only and leaves nothing loaded, for nothing there can be loaded. */
    private NativeLibraryException failure(CudaLibrary library, CudaFlavour flavour) {
        CudaLoader loader = new CudaLoader(new CudaSearch(
                settings::get, settings::get, false, root.resolve("toolkit"), List.of(root.resolve("system"))));
        NativeLibraryException first = assertThrows(NativeLibraryException.class, () -> loader.load(library, flavour));
        assertSame(first, assertThrows(NativeLibraryException.class, () -> loader.load(library, flavour)));
        return first;
    }

    private static void assertContains(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> part + " not in: " + text);
        }
    }

    private Path broken(String folder, String name) throws IOException {
        return Files.writeString(Files.createDirectories(root.resolve(folder)).resolve(name), "not a library");
    }

    @Test
    void messageNamesEveryPlaceThatWasTried() throws IOException {
        settings.put("CUDA_HOME", root + "/home");
        settings.put("EARSHOT_CUDA_WHEELS", root + "/wheels");
        Files.createDirectories(root.resolve("toolkit/lib64"));
        broken("wheels/nvidia/cudnn/lib", "libcudnn.so.9");
        NativeLibraryException failure = failure(CudaLibrary.CUDNN, CudaFlavour.REAL);
        assertEquals(
                List.of(
                        new Attempt("earshot.cudnn.dir or EARSHOT_CUDNN_DIR", "not set"),
                        new Attempt(root + "/home/lib64", "no such folder"),
                        new Attempt("CUDA_PATH", "not set"),
                        new Attempt(root + "/toolkit/lib64", "it has no libcudnn.so.9"),
                        new Attempt(
                                root + "/wheels/nvidia/cudnn/lib",
                                root + "/wheels/nvidia/cudnn/lib/libcudnn.so.9: " + root
                                        + "/wheels/nvidia/cudnn/lib/libcudnn.so.9: file too short"),
                        new Attempt(root + "/system", "no such folder")),
                failure.attempts());
        for (Attempt attempt : failure.attempts()) {
            assertContains(failure.getMessage(), attempt.toString());
        }
        assertContains(failure.getMessage(), "cuDNN (libcudnn.so.9) cannot be loaded", "nvidia-cudnn-cu13", "cpu");
    }

    @Test
    void explicitFolderThatDoesNotWorkIsAnError() throws IOException {
        settings.put("EARSHOT_CUBLASLT_DIR", root + "/mine");
        NativeLibraryException failure = failure(CudaLibrary.CUBLASLT, CudaFlavour.REAL);
        String place = "earshot.cublaslt.dir or EARSHOT_CUBLASLT_DIR, " + root + "/mine";
        assertEquals(List.of(new Attempt(place, "no such folder")), failure.attempts());

        Files.createDirectory(root.resolve("mine"));
        failure = failure(CudaLibrary.CUBLASLT, CudaFlavour.REAL);
        assertEquals(
                List.of(new Attempt(place, "it has no libcublasLt.so.13 or libcublasLt.so.12")), failure.attempts());

        broken("mine", "libcublasLt.so.12");
        failure = failure(CudaLibrary.CUBLASLT, CudaFlavour.REAL);
        assertEquals(1, failure.attempts().size());
        assertContains(failure.getMessage(), place, "file too short", "nvidia-cublas");
    }

    @Test
    void simulatedDeviceSaysWhatToSet() throws IOException {
        String setting = "earshot.simcuda.dir or EARSHOT_SIMCUDA_DIR";
        assertContains(
                failure(CudaLibrary.CUDNN, CudaFlavour.SIMULATED).getMessage(),
                "simulated CUDA driver (libcuda.so.1) cannot be loaded",
                setting + ": not set",
                "native/README.md");
        settings.put("earshot.simcuda.dir", root + "/sim");
        assertContains(
                failure(CudaLibrary.DRIVER, CudaFlavour.SIMULATED).getMessage(),
                setting + ", " + root + "/sim: no such folder");
        broken("sim", "libcuda.so.1");
        assertContains(failure(CudaLibrary.DRIVER, CudaFlavour.SIMULATED).getMessage(), "file too short");
    }

    /** Runs {@link LoadMain} with the given variables and nothing else of CUDA set. */
    private ChildJvm.Result child(Map<String, String> environment, String... steps) throws Exception {
        Map<String, String> all = new HashMap<>(Map.of(
                "CUDA_HOME",
                "",
                "CUDA_PATH",
                "",
                "VIRTUAL_ENV",
                "",
                "PATH",
                "/nothing",
                "LD_LIBRARY_PATH",
                "/nothing"));
        for (String name : List.of("CUDNN_DIR", "CUBLASLT_DIR", "CUDA_WHEELS", "SIMCUDA_DIR")) {
            all.put("EARSHOT_" + name, "");
        }
        all.putAll(environment);
        return ChildJvm.finish(ChildJvm.start(ChildJvm.classPath(), all, LoadMain.class, steps));
    }

    private Map<String, String> withDriver(int version) throws Exception {
        Path file = FakeLibrary.driver(root.resolve("driver"), version);
        return new HashMap<>(Map.of("LD_LIBRARY_PATH", file.getParent().toString()));
    }

    @Test
    void driverIsFoundByItsName() throws Exception {
        ChildJvm.Result result = child(withDriver(13_000), "DRIVER REAL", "same file");
        assertEquals(0, result.status(), result.output());
        assertContains(
                result.output(), "CUDA driver 13.0 from " + root.toRealPath().resolve("driver"), "same file");
    }

    @Test
    void oldDriverIsRefusedWithBothVersions() throws Exception {
        ChildJvm.Result result = child(withDriver(11_080), "DRIVER REAL");
        assertEquals(3, result.status(), result.output());
        assertContains(result.output(), "expected one for CUDA 12.0 or newer, got 11.8", "update the NVIDIA driver");
    }

    @Test
    void missingDriverSaysWhatToInstall() throws Exception {
        Path empty = Files.createDirectories(root.resolve("empty"));
        Files.writeString(empty.resolve("libcuda.so.1"), "not a library");
        ChildJvm.Result result = child(Map.of("LD_LIBRARY_PATH", empty.toString()), "DRIVER REAL");
        assertEquals(3, result.status(), result.output());
        assertContains(
                result.output(),
                "dynamic linker, libcuda.so.1: not found, or it cannot be loaded",
                "install an NVIDIA");
    }

    @Test
    void driverWithoutItsFunctionsIsRefused() throws Exception {
        Path file = FakeLibrary.compile(root.resolve("driver"), "libcuda.so.1", "int nothing(void) { return 0; }");
        ChildJvm.Result result =
                child(Map.of("LD_LIBRARY_PATH", file.getParent().toString()), "DRIVER REAL");
        assertEquals(3, result.status(), result.output());
        assertContains(result.output(), "libcuda.so.1 has no function cuDriverGetVersion");
    }

    @Test
    void olderCublasLtServesAnOlderDriver() throws Exception {
        Path wheels = root.resolve("wheels");
        FakeLibrary.cublasLt(wheels.resolve("nvidia/cu13/lib"), 13);
        Path twelve = FakeLibrary.cublasLt(wheels.resolve("nvidia/cublas/lib"), 12);
        Map<String, String> environment = withDriver(12_080);
        environment.put("EARSHOT_CUDA_WHEELS", wheels.toString());
        ChildJvm.Result result = child(environment, "DRIVER REAL", "CUBLASLT REAL");
        assertEquals(0, result.status(), result.output());
        assertContains(
                result.output(),
                "libcublasLt.so.13: left out, the driver is for CUDA 12.8",
                "cuBLASLt 12.2.3 from " + twelve.getParent());
    }

    @Test
    void newerCublasLtServesANewDriver() throws Exception {
        Path wheels = root.resolve("wheels");
        Path thirteen = FakeLibrary.cublasLt(wheels.resolve("nvidia/cu13/lib"), 13);
        FakeLibrary.cublasLt(wheels.resolve("nvidia/cublas/lib"), 12);
        Map<String, String> environment = withDriver(13_010);
        environment.put("EARSHOT_CUDA_WHEELS", wheels.toString());
        ChildJvm.Result result = child(environment, "DRIVER REAL", "CUBLASLT REAL");
        assertEquals(0, result.status(), result.output());
        assertContains(result.output(), "cuBLASLt 13.2.3 from " + thirteen.getParent());
    }

    @Test
    void dynamicLinkerComesBeforeTheWheels() throws Exception {
        Path linked = FakeLibrary.cublasLt(root.resolve("linked"), 12).getParent();
        FakeLibrary.cublasLt(root.resolve("wheels/nvidia/cu13/lib"), 13);
        Map<String, String> environment = withDriver(12_080);
        environment.put("EARSHOT_CUDA_WHEELS", root + "/wheels");
        environment.merge("LD_LIBRARY_PATH", linked.toString(), (a, b) -> a + ":" + b);
        ChildJvm.Result result = child(environment, "linker", "DRIVER REAL", "CUBLASLT REAL");
        assertEquals(0, result.status(), result.output());
        assertContains(
                result.output(), "cuBLASLt 12.2.3 from " + linked.toRealPath(), "dynamic linker, libcublasLt.so.12");
    }

    @Test
    void cudnnForANewerCudaThanTheDriversIsRefused() throws Exception {
        FakeLibrary.cudnn(root.resolve("wheels/nvidia/cudnn/lib"), 13);
        Map<String, String> environment = withDriver(12_040);
        environment.put("EARSHOT_CUDA_WHEELS", root + "/wheels");
        ChildJvm.Result result = child(environment, "DRIVER REAL", "CUDNN REAL");
        assertEquals(3, result.status(), result.output());
        assertContains(result.output(), "expected a build for CUDA 12", "got one for CUDA 13", "nvidia-cudnn-cu12");
    }

    @Test
    void whatCudnnOpensIsLoadedBeforeItIfItLiesElsewhere() throws Exception {
        Path toolkit = root.resolve("toolkit/lib64");
        FakeLibrary.cublasLt(toolkit, 13);
        FakeLibrary.compile(toolkit, "libnvrtc.so.13", "int nvrtcVersion(void) { return 0; }");
        FakeLibrary.compile(toolkit, "libcublas.so.13", "int cublasGetVersion_v2(void) { return 0; }");
        Path cudnn = FakeLibrary.cudnn(root.resolve("dnn"), 13);
        Map<String, String> environment = Map.of(
                "CUDA_HOME",
                root + "/toolkit",
                "EARSHOT_CUDNN_DIR",
                cudnn.getParent().toString());
        ChildJvm.Result result = child(environment, "CUDNN REAL", "opens libnvrtc.so.13", "opens libcublas.so.13");
        assertEquals(0, result.status(), result.output());
        assertContains(
                result.output(),
                "cuDNN 9.5.1 from " + cudnn.getParent(),
                toolkit + " for cuDNN, libnvrtc.so.13: loaded",
                "opens libcublas.so.13");
    }

    @Test
    void cudnnBesideCublasFindsItByItself() throws Exception {
        Path wheels = root.resolve("wheels");
        FakeLibrary.cublasLt(wheels.resolve("nvidia/cu13/lib"), 13);
        FakeLibrary.cudnn(wheels.resolve("nvidia/cudnn/lib"), 13);
        ChildJvm.Result result = child(Map.of("EARSHOT_CUDA_WHEELS", wheels.toString()), "CUDNN REAL");
        assertEquals(0, result.status(), result.output());
        assertFalse(result.output().contains("for cuDNN"), result.output());
    }

    @Test
    void oneProcessUsesOneFlavour() throws Exception {
        Path simulated = FakeLibrary.driver(root.resolve("sim"), 12_000).getParent();
        Map<String, String> environment = withDriver(13_000);
        environment.put("EARSHOT_SIMCUDA_DIR", simulated.toString());
        ChildJvm.Result result = child(environment, "DRIVER SIMULATED", "same file", "DRIVER REAL");
        assertEquals(4, result.status(), result.output());
        assertContains(result.output(), "CUDA driver 12.0 from " + simulated, "simulated device, which this process");
        result = child(environment, "DRIVER REAL", "DRIVER SIMULATED");
        assertEquals(4, result.status(), result.output());
        assertContains(result.output(), "real device, which this process already uses", "another process");
    }

    @Test
    void simulatedDeviceStartsWhereThereIsNoDriver() throws Exception {
        Path simulated = FakeLibrary.driver(root.resolve("sim"), 12_000).getParent();
        FakeLibrary.cublasLt(simulated, 13);
        Map<String, String> environment = Map.of("EARSHOT_SIMCUDA_DIR", simulated.toString());
        ChildJvm.Result result = child(environment, "CUBLASLT SIMULATED");
        assertEquals(0, result.status(), result.output());
        assertContains(result.output(), "cuBLASLt 13.2.3 from " + simulated);
    }

    @Test
    void simulatedDeviceIsRefusedIfSomebodyLoadedAnotherDriver() throws Exception {
        Path simulated = FakeLibrary.driver(root.resolve("sim"), 12_000).getParent();
        Map<String, String> environment = withDriver(13_000);
        environment.put("EARSHOT_SIMCUDA_DIR", simulated.toString());
        ChildJvm.Result result = child(environment, "opens libcuda.so.1", "DRIVER SIMULATED");
        assertEquals(3, result.status(), result.output());
        assertContains(result.output(), "libcuda.so.1 by its name: expected " + simulated, "which was loaded before");
    }

    /** Loads what its arguments say; status 3 and the message if a library fails, 4 if a flavour is refused. */
    static final class LoadMain {
        private LoadMain() {}

        public static void main(String[] steps) throws IOException {
            // What this machine has installed must not decide a test: only its dynamic linker is asked, and that for
            // folders in LD_LIBRARY_PATH, which come first.
            boolean linker = List.of(steps).contains("linker");
            CudaLoader loader = new CudaLoader(new CudaSearch(
                    System::getProperty, System::getenv, linker, Path.of("/nothing"), List.of(Path.of("/nothing"))));
            LibraryReport report = null;
            for (String step : steps) {
                try {
                    if (step.startsWith("opens ")) {
                        SymbolLookup.libraryLookup(step.substring("opens ".length()), Arena.global());
                        System.out.println(step);
                    } else if (step.equals("same file")) {
                        Path byName =
                                DynamicLinker.find("libcuda.so.1", "cuInit").orElseThrow();
                        System.out.println(
                                Files.isSameFile(byName.getParent(), report.folder()) ? step : "another " + byName);
                    } else if (!step.equals("linker")) {
                        String[] words = step.split(" ");
                        report = loader.load(CudaLibrary.valueOf(words[0]), CudaFlavour.valueOf(words[1]));
                        System.out.println(report + " " + report.attempts());
                    }
                } catch (NativeLibraryException e) {
                    System.out.println(e.getMessage());
                    System.exit(3);
                } catch (IllegalStateException e) {
                    System.out.println(e.getMessage());
                    System.exit(4);
                }
            }
        }
    }
}
