package dev.earshot.cuda;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.NativeLibraryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaStartTest {
    @TempDir
    Path folder;

    private static boolean isDriverHere() {
        try {
            NativeLibraries.loadCudaDriver(CudaFlavour.REAL);
            return true;
        } catch (NativeLibraryException | IllegalStateException e) {
            return false;
        }
    }

    @Test
    void aMachineWithAnyPartOfADriverIsExpectedToHaveACard() throws IOException {
        assumeTrue(!isDriverHere(), "a machine without NVIDIA's libcuda.so.1");
        Path version = folder.resolve("version");
        CudaStart start = new CudaStart(CudaFlavour.REAL, "cuda", version);
        assertFalse(start.hasDriver());
        Files.writeString(version, "NVRM version: 580.82\n");
        assertTrue(start.hasDriver());
        assertTrue(start.unavailable().isPresent());
    }
}
