package dev.earshot.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.cuda.CudaException;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.testing.TestBackends;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How algorithms are chosen and kept, on a device. */
class MatrixProductsTest {
    @TempDir
    Path folder;

    private String before;

    @BeforeEach
    void useOwnFolder() {
        before = System.getProperty(MatrixProducts.CACHE, "");
        System.setProperty(MatrixProducts.CACHE, folder.toString());
    }

    @AfterEach
    void restore() {
        System.setProperty(MatrixProducts.CACHE, before);
        System.clearProperty(MatrixProducts.CANDIDATES);
    }

    private static float[] product(Backend backend, int rows) {
        try (Workspace memory = backend.workspace(1 << 16)) {
            Tensor a = operand(backend, memory, rows, 37);
            Tensor b = operand(backend, memory, 37, 11);
            Tensor y = memory.allocate(DType.F32, rows, 11);
            backend.matmul(a, b, 1, y);
            return backend.download(y);
        }
    }

    private static Tensor operand(Backend backend, Workspace memory, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.sin(i * 0.7 + rows);
        }
        Tensor x = memory.allocate(DType.F32, rows, columns);
        backend.upload(HostTensor.of(values, rows, columns), x);
        return x;
    }

    private static float[] product(String name, int rows) {
        try (Backend backend = Backends.open(name)) {
            return product(backend, rows);
        }
    }

    private List<Path> files() throws IOException {
        try (var files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void choicesAreKeptForTheNextProcess() throws IOException {
        for (String name : TestBackends.names().toList()) {
            float[] first = product(name, 5);
            assertEquals(1, files().size());
            String kept = Files.readString(files().getFirst());
            assertTrue(kept.contains("11x5x37*1,F32-F32,NONE,"), kept);
            assertArrayEquals(first, product(name, 5));
            assertEquals(kept, Files.readString(files().getFirst()));
            product(name, 6);
            assertTrue(Files.readString(files().getFirst()).contains("11x6x37*1"));
        }
    }

    @Test
    void aKeptAlgorithmThatTheLibraryRefusesIsReplaced() throws IOException {
        for (String name : TestBackends.names().toList()) {
            float[] expected = product(name, 5);
            Path file = files().getFirst();
            String[] parts = Files.readString(file).split("\n", 4);
            String nonsense = parts[3].replaceAll(" [0-9a-f]{128}", " " + "5a".repeat(64));
            assertNotEquals(parts[3], nonsense);
            CRC32 crc = new CRC32();
            crc.update(nonsense.getBytes(StandardCharsets.UTF_8));
            Files.writeString(file, "%s\n%s\n%08x\n%s".formatted(parts[0], parts[1], (int) crc.getValue(), nonsense));
            assertArrayEquals(expected, product(name, 5));
            assertTrue(Files.readString(file).contains(parts[3]));
        }
    }

    @Test
    void timingCandidatesLeavesResultsAlone() {
        for (String name : TestBackends.names().toList()) {
            float[] expected = product(name, 9);
            System.setProperty(MatrixProducts.CACHE, folder.resolve("timed").toString());
            System.setProperty(MatrixProducts.CANDIDATES, "3");
            float[] timed = product(name, 9);
            for (int i = 0; i < timed.length; i++) {
                assertEquals(expected[i], timed[i], 1e-5); // another algorithm may round otherwise
            }
        }
    }

    @Test
    void aFailedCallNamesFunctionStatusAndSizes() {
        for (String name : TestBackends.names().toList()) {
            assumeTrue(name.startsWith("simcuda"), "only the simulated device fails on request");
            try (Backend backend = Backends.open(name)) {
                product(backend, 5);
                SimulatedFaults.control("fail-library", 1);
                try {
                    var e = assertThrows(CudaException.class, () -> product(backend, 5));
                    assertTrue(
                            e.getMessage()
                                    .startsWith(
                                            "cublasLtMatmul failed: CUBLAS_STATUS_EXECUTION_FAILED (13) for 11x5x37*1,F32"),
                            e.getMessage());
                    assertEquals(13, e.status());
                } finally {
                    SimulatedFaults.control("reset", 0);
                }
            }
        }
    }
}
