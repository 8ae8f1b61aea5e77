package dev.earshot.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What users read when a card, its driver or a library does not fit, played by the simulated device: one clear message,
 * exit status 3, nothing written.
 */
class SimulatedDeviceTest {
    private static final String HEADLINE = "backend 'simcuda' cannot run here: ";

    @TempDir
    private Path folder;

    private Path device;

    @BeforeEach
    void requireTheDevice() {
        String named = System.getenv("EARSHOT_SIMCUDA_DIR");
        device = (named == null || named.isBlank() ? Path.of("../native/target/simcuda") : Path.of(named))
                .toAbsolutePath();
        Assumptions.assumeTrue(
                Files.isRegularFile(device.resolve("libcuda.so.1")),
                () -> "no simulated device in " + device + ": it is built where there is a C++ compiler");
    }

    /** Runs segment on the device with these settings of the simulation and expects it to be refused. */
    private String refused(Map<String, String> settings, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(
                "segment",
                "../samples/one-sounds.mp4",
                "--out",
                folder.resolve("out").toString()));
        arguments.addAll(options.length == 0 ? List.of("--device", "simcuda") : List.of(options));
        ChildCommand.Result result = run(settings, arguments.toArray(String[]::new));
        assertEquals(ExitCodes.ENVIRONMENT, result.status(), result.output());
        assertFalse(result.output().contains("\tat "), () -> "a stack trace:\n" + result.output());
        assertFalse(Files.exists(folder.resolve("out/one-sounds")), () -> "something was written:\n" + result.output());
        return result.output();
    }

    private ChildCommand.Result run(Map<String, String> settings, String... arguments) throws Exception {
        Map<String, String> environment = new HashMap<>(Map.of("EARSHOT_SIMCUDA_DIR", device.toString()));
        environment.putAll(settings);
        return ChildCommand.run(environment, arguments);
    }

    private static void assertContains(String text, String... parts) {
        for (String part : parts) {
            assertTrue(text.contains(part), () -> part + " not in:\n" + text);
        }
    }

    @Test
    void driverOfAnOlderCuda() throws Exception {
        assertContains(
                refused(Map.of("SIMCUDA_DRIVER_VERSION", "11080")),
                HEADLINE + "CUDA driver: expected one for CUDA 12.0 or newer, got 11.8",
                "update the NVIDIA driver (525 or newer)");
    }

    @Test
    void cudnnIsMissing() throws Exception {
        for (String name : List.of("libcuda.so.1", "libcublasLt.so.13", "libsimkernels.so")) {
            Files.copy(device.resolve(name), folder.resolve(name));
        }
        assertContains(
                refused(Map.of("EARSHOT_SIMCUDA_DIR", folder.toString())),
                HEADLINE + "simulated cuDNN (libcudnn.so.9) cannot be loaded",
                folder + ": it has no libcudnn.so.9");
    }

    @Test
    void noCard() throws Exception {
        assertContains(
                refused(Map.of("SIMCUDA_DEVICES", "0")), HEADLINE + "the driver sees no NVIDIA card", "--device cpu");
    }

    @Test
    void noCardOfThatNumber() throws Exception {
        assertContains(
                refused(Map.of(), "--device", "simcuda:1"), "--device simcuda:1", "expected 0 to 0", "earshot doctor");
    }

    @Test
    void cardIsTooOld() throws Exception {
        assertContains(
                refused(Map.of("SIMCUDA_COMPUTE", "7.5")),
                "compute capability 7.5: expected 8.0 or newer",
                "use another card or --device cpu");
    }

    @Test
    void memoryIsTooSmallForTheNetworks() throws Exception {
        assertContains(
                refused(Map.of("SIMCUDA_MEMORY", "4000000")),
                "out of device memory",
                "another card",
                "largest buffers");
    }

    @Test
    void doctorShowsTheDeviceAndItsSelfCheck() throws Exception {
        ChildCommand.Result result = run(Map.of("SIMCUDA_DEVICES", "2"), "doctor", "--simulated");
        assertEquals(ExitCodes.OK, result.status(), result.output());
        assertContains(
                result.output(),
                "CUDA driver        13.0 from " + device,
                "card 0           ",
                "card 1           ",
                "cuBLASLt",
                "cuDNN",
                "compute capability");
        String backends = result.output().substring(result.output().indexOf("Backends, best first"));
        assertContains(backends, "  simcuda ", "self-check: passed");
        assertFalse(backends.contains("  cuda "), backends);
    }

    @Test
    void parityOnTheDevice() throws Exception {
        ChildCommand.Result result =
                run(Map.of(), "parity", "src/test/resources/goldens", "--backend", "simcuda", "--kind", "adaav.module");
        assertEquals(ExitCodes.OK, result.status(), result.output());
    }
}
