package dev.earshot.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** NVIDIA's library, where it is installed, understands our descriptors as we mean them; no card is needed for that. */
class RealCublasLtTest {
    @Test
    void realLibraryTakesOurDescriptors() throws IOException, InterruptedException {
        List<String> lines = probe();
        assumeFalse(lines.getFirst().startsWith(RealCublasLtProbe.ABSENT), lines.getFirst());
        assertEquals(6, lines.size(), lines.toString());
        // compute type, transa, transb, epilogue, then ld and batch stride of A, B, C, D, then the alignment of B
        assertEquals("product 68 1 0 1 48 0 50 0 33 231 33 231 4", lines.get(1));
        assertEquals("product 77 1 0 4 48 1536 50 0 33 231 33 231 4", lines.get(2));
        assertEquals("product 68 1 0 6 48 0 50 0 33 231 33 231 4", lines.get(3));
        assertEquals("product 68 1 0 2 48 1536 50 0 33 231 33 231 4", lines.get(4));
        String noDevice = "cublasLtCreate failed: CUBLAS_STATUS_NOT_INITIALIZED (1) for the current device";
        assertTrue(List.of("handle made", noDevice).contains(lines.get(5)), lines.get(5));
    }

    private static List<String> probe() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RealCublasLtProbe.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output.strip().lines().toList();
    }
}
