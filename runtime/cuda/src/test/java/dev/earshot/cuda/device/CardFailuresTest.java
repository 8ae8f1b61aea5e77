package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.tensor.testing.TestBackends;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What goes wrong with a card, in processes of their own, and without a switch of the simulated device: the same happens on a
 * real card. It needs the card's memory for itself.
 */
@Tag("failures")
class CardFailuresTest {
    private static final String SIMULATED_DRIVER = "libcuda.so.1";

    @TempDir
    private Path folder;

    static Stream<String> backends() {
        return TestBackends.names();
    }

    /** Output of a process that ends with status 0. */
    private static String run(Map<String, String> environment, List<String> flags, String... arguments)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-Dearshot.simcuda.dir=" + System.getProperty("earshot.simcuda.dir", environmentFolder())));
        command.addAll(flags);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), CardInTrouble.class.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private static String environmentFolder() {
        return System.getenv().getOrDefault("EARSHOT_SIMCUDA_DIR", "");
    }

    private static void contains(String output, String... parts) {
        for (String part : parts) {
            assertTrue(output.contains(part), "expected '%s' in: %s".formatted(part, output));
        }
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aFullCardIsOneClearErrorAndLosesNothing(String name) throws Exception {
        String output = run(Map.of("SIMCUDA_MEMORY", "" + (256 << 20)), List.of(), "exhaust", name);
        assertExhausted(output);
        assertFalse(output.contains("the limit is"), output);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void theLimitThatIsSetIsNamed(String name) throws Exception {
        String output = run(Map.of(), List.of("-Dearshot.cuda.memory=" + (64 << 20)), "exhaust", name);
        assertExhausted(output);
        contains(output, "the limit is 67.1 MB");
    }

    private static void assertExhausted(String output) {
        contains(output, "out of device memory: expected room for ", "largest buffers:", "MB  workspace");
        contains(output, "kept: 14.0", "taken again: 3.0", "closed");
        int buffers = Integer.parseInt(output.replaceFirst("(?s).*buffers: (\\d+).*", "$1"));
        assertTrue(buffers > 10 && buffers <= 64, output);
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aCardThatIsNotThereIsNamed(String name) throws Exception {
        String kind = name.split(":", 2)[0];
        contains(
                run(Map.of(), List.of(), "open", kind + ":77"),
                "IllegalArgumentException: device " + kind + ":77: expected 0 to ",
                "this machine has ");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aHiddenCardIsNotSeen(String name) throws Exception {
        Map<String, String> hidden = Map.of("CUDA_VISIBLE_DEVICES", "", "SIMCUDA_DEVICES", "0");
        contains(
                run(hidden, List.of(), "open", name),
                "the driver sees no NVIDIA card",
                "CUDA_VISIBLE_DEVICES",
                "use --device cpu");
    }

    @ParameterizedTest
    @MethodSource("backends")
    void aMissingCudnnIsNamedWithThePlacesThatWereTried(String name) throws Exception {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        List<String> flags = new ArrayList<>(List.of("-Dearshot.cudnn.dir=" + empty));
        if (name.startsWith("simcuda")) {
            flags.add("-Dearshot.simcuda.dir=" + deviceWithoutCudnn());
        }
        contains(run(Map.of(), flags, "open", name), "cuDNN (libcudnn.so.9) cannot be loaded; tried ");
    }

    private Path deviceWithoutCudnn() throws IOException {
        Path device = Path.of(System.getProperty("earshot.simcuda.dir", environmentFolder()));
        Path copy = Files.createDirectory(folder.resolve("device"));
        for (String file : List.of(SIMULATED_DRIVER, "libsimkernels.so", "libcublasLt.so.13")) {
            Files.copy(device.resolve(file), copy.resolve(file));
        }
        return copy;
    }

    @ParameterizedTest
    @MethodSource("backends")
    void afterAFaultEveryCallReportsIt(String name) throws Exception {
        List<String> lines = run(Map.of(), List.of(), "fault", name)
                .lines()
                .filter(line -> line.contains("700") || line.contains("error") || line.equals("closed"))
                .filter(line -> !line.startsWith("simcuda:"))
                .toList();
        assertTrue(lines.size() >= 4, lines::toString);
        List<String> last = lines.subList(lines.size() - 4, lines.size());
        contains(last.get(0), "CUDA_ERROR_ILLEGAL_ADDRESS (700)");
        contains(last.get(1), "fill: the device is unusable since an earlier error", "(700)");
        contains(last.get(2), "download: the device is unusable since an earlier error", "(700)");
        assertEquals("closed", last.get(3));
        assertFalse(lines.toString().contains("of another cause"), lines::toString);
    }
}
