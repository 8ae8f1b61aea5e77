package dev.earshot.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.earshot.tensor.DType;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class OpPeerWorkloadTest {
    /** Of the largest value: other orders of summation, and eight bits of mantissa. */
    private static final Map<DType, Double> TOLERANCE = Map.of(DType.F32, 1e-5, DType.BF16, 2e-2);

    @TempDir
    Path temporary;

    static Iterable<String> rows() {
        return OpRows.names();
    }

    private static float[] outputOf(String backend, String row, DType compute) {
        try (Workload workload = Workloads.open(backend, OpRows.PREFIX + row, 2, 1, compute)) {
            workload.run();
            return workload.output();
        }
    }

    @ParameterizedTest
    @MethodSource("rows")
    void theSimulatedDeviceComputesEveryRowAsTheProcessorDoes(String row) {
        assumeSimulatedDevice();
        for (DType compute : TOLERANCE.keySet()) {
            float[] wanted = outputOf("cpu:1", row, compute);
            float[] got = outputOf("simcuda", row, compute);
            assertEquals(wanted.length, got.length);
            double largest = 0;
            double difference = 0;
            for (int i = 0; i < wanted.length; i++) {
                largest = Math.max(largest, Math.abs(wanted[i]));
                difference = Math.max(difference, Math.abs(wanted[i] - got[i]));
            }
            assertNotEquals(0, largest);
            assertEquals(0, difference / largest, TOLERANCE.get(compute), row + " " + compute);
        }
    }

    private static void assumeSimulatedDevice() {
        String folder = System.getProperty("earshot.simcuda.dir", "");
        assumeTrue(Files.isRegularFile(Path.of(folder, "libcuda.so.1")), "native/build makes the simulated device");
    }

    @Test
    void workIsThatOfOneCall() {
        try (Workload workload = Workloads.open("cpu:1", "op-linear-vitb-qkv", 2, 1, DType.F32)) {
            workload.run();
            Map<String, Object> facts = workload.facts();
            double rows = 2 * 13;
            assertEquals(2 * rows * 48 * 144, (double) facts.get("flops"));
            assertEquals(4 * (rows * 48 + 48 * 144 + rows * 144), (double) facts.get("bytes"));
            assertEquals(3, facts.get("calls"));
            assertEquals(2, facts.get("sets"));
            assertEquals(26 * 144, workload.output().length);
        }
    }

    @Test
    void aLargeResultIsComparedInSoManyPlaces() {
        try (Workload workload = Workloads.open("cpu:1", "op-layernorm-samh", 1, 0, DType.F32)) {
            workload.run();
            float[] some = workload.output();
            assertTrue(some.length > 500_000 && some.length <= 1_000_000, () -> "compared: " + some.length);
            double mean = 0;
            for (float value : some) {
                mean += value / some.length;
            }
            // Normalised rows of mean 0 times gammas of mean 1, plus betas of mean 0.
            assertEquals(0, mean, 0.02);
        }
    }

    @Test
    void aSessionOpensRowsOneAfterTheOtherAndOutlivesOneThatFails() throws IOException {
        Path output = temporary.resolve("output.bin");
        ByteArrayOutputStream answers = new ByteArrayOutputStream();
        String commands = "open op-matmul-4096 1 fp32 1 0 0\nround 2\nopen op-nothing 1 fp32 1 0 0\noutput " + output
                + "\nopen op-crossmodal 3 fp32 1 0 0\noutput " + output + "\n";
        try (Workload session = Workloads.open("cpu:1", "ops", 1, 0, DType.F32);
                SideBySide side =
                        new SideBySide(session, _ -> null, new PrintStream(answers, true, StandardCharsets.UTF_8))) {
            side.serve(new ByteArrayInputStream(commands.getBytes(StandardCharsets.UTF_8)));
        }
        String[] lines = answers.toString(StandardCharsets.UTF_8).split("\n");
        assertEquals(7, lines.length);
        ObjectMapper json = new ObjectMapper();
        JsonNode product = json.readTree(lines[1]).get("ready");
        assertEquals(2.0 * 64 * 64 * 64, product.get("flops").asDouble());
        assertEquals(2, json.readTree(lines[2]).get("millis").size());
        assertTrue(lines[3].contains("op-nothing"), lines[3]);
        assertTrue(lines[4].contains("expected an open row"), lines[4]);
        assertTrue(json.readTree(lines[5]).has("ready"), lines[5]);
        assertEquals(2 * 17 * 32 * Float.BYTES, Files.size(output));
    }

    @Test
    void aSessionOfACardHasRowsInTf32Too() {
        assumeSimulatedDevice();
        try (OpSession session = new OpSession("simcuda")) {
            session.open("op-matmul-4096 1 tf32 1 0 0");
            session.run();
            assertTrue(
                    session.facts().get("backend").toString().endsWith(":tf32"),
                    () -> session.facts().toString());
            session.open("op-matmul-4096 1 fp32 1 0 0");
            session.run();
            assertEquals("simcuda:0", session.facts().get("backend"));
            assertEquals(64 * 64, session.output().length);
        }
    }

    @Test
    void unknownRowsAndRowsOutsideASessionAreNamed() {
        IllegalArgumentException unknown = assertThrows(
                IllegalArgumentException.class, () -> Workloads.open("cpu:1", "op-nothing", 1, 1, DType.F32));
        assertTrue(unknown.getMessage().contains("op-nothing"), unknown::getMessage);
        try (Workload workload = new KMeansWorkload("cpu:1", 1);
                SideBySide side = new SideBySide(workload, _ -> null, System.err)) {
            ByteArrayInputStream commands =
                    new ByteArrayInputStream("open op-crossmodal 1 fp32 1 0 0\n".getBytes(StandardCharsets.UTF_8));
            IOException alone = assertThrows(IOException.class, () -> side.serve(commands));
            assertEquals("open: expected --model=ops", alone.getMessage());
        }
    }
}
