package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What users read on a machine whose CUDA driver cannot be loaded; a broken file hides one that may be there. */
class NoDriverTest {
    @TempDir
    private Path folder;

    private Map<String, String> environment;

    @BeforeEach
    void breakTheDriver() throws IOException {
        Files.writeString(folder.resolve("libcuda.so.1"), "not a library");
        environment = Map.of("LD_LIBRARY_PATH", folder.toString());
    }

    private static void assertContains(ChildCommand.Result result, String... parts) {
        for (String part : parts) {
            assertTrue(result.output().contains(part), () -> part + " not in:\n" + result.output());
        }
    }

    private ChildCommand.Result segment(String... more) throws Exception {
        String[] arguments = new String[4 + more.length];
        arguments[0] = "segment";
        arguments[1] = "../samples/one-sounds.mp4";
        arguments[2] = "--out";
        arguments[3] = folder.resolve("out").toString();
        System.arraycopy(more, 0, arguments, 4, more.length);
        return ChildCommand.run(environment, arguments);
    }

    @Test
    void cudaIsAnErrorOfTheEnvironmentAndNeverTheCpu() throws Exception {
        ChildCommand.Result result = segment("--device", "cuda");
        assertEquals(ExitCodes.ENVIRONMENT, result.status(), result.output());
        assertContains(
                result,
                "backend 'cuda' cannot run here",
                "libcuda.so.1: not found, or it cannot be loaded",
                "install an NVIDIA driver",
                "--device cpu");
        assertFalse(Files.exists(folder.resolve("out")), "something was written");
    }

    @Test
    void tf32NeedsACard() throws Exception {
        ChildCommand.Result result = segment("--precision", "tf32");
        assertEquals(ExitCodes.ENVIRONMENT, result.status(), result.output());
        assertContains(result, "backend 'cuda:tf32' cannot run here");
        result = segment("--precision", "tf32", "--device", "cpu");
        assertEquals(ExitCodes.USAGE, result.status(), result.output());
        assertContains(result, "--precision tf32: expected a CUDA device, got --device cpu");
    }

    @Test
    void unknownDeviceIsAUsageError() throws Exception {
        ChildCommand.Result result = segment("--device", "tpu");
        assertEquals(ExitCodes.USAGE, result.status(), result.output());
        assertContains(result, "--device", "'tpu'");
    }

    @Test
    void simulatedDeviceThatIsNotThereSaysHowToGetIt() throws Exception {
        ChildCommand.Result result = segment("--device", "simcuda");
        assertEquals(ExitCodes.ENVIRONMENT, result.status(), result.output());
        assertContains(result, "backend 'simcuda' cannot run here", "EARSHOT_SIMCUDA_DIR: not set", "native/README.md");
    }

    @Test
    void doctorNamesEveryPlaceAndTheCpuStillWorks() throws Exception {
        ChildCommand.Result result = ChildCommand.run(environment, "doctor");
        assertEquals(ExitCodes.OK, result.status(), result.output());
        assertContains(
                result,
                "CUDA driver        not usable: CUDA driver (libcuda.so.1) cannot be loaded",
                "tried            dynamic linker, libcuda.so.1",
                "what to do       install an NVIDIA driver",
                "cuBLASLt",
                "cuDNN",
                "simulated device   not here",
                "self-check: passed");
    }
}
