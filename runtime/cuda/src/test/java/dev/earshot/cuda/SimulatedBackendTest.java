package dev.earshot.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The tests on the simulated device skip where it cannot run; this one tells a machine without it from a broken one. */
class SimulatedBackendTest {
    @Test
    void theBuiltDeviceRuns() {
        Path driver = Path.of(System.getProperty("earshot.simcuda.dir", ""), "libcuda.so.1");
        assumeTrue(Files.exists(driver), "no simulated device was built here");
        assertEquals(Optional.empty(), new SimulatedCudaProvider().unavailable());
    }
}
