package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The meter of memory traffic, on kernels that can be counted by hand. Run by native/run-racecheck. */
class SimulatedMeterChecks {
    private static final int LANES = 32;

    private final String report = System.getenv("SIMCUDA_METER");
    private Simulation device;

    @BeforeEach
    void open() {
        String folder = System.getProperty("earshot.simcuda.dir", "");
        assumeTrue(folder.endsWith("simcuda-race") && report != null, "needs simcuda-race and SIMCUDA_METER");
        device = Simulation.open();
    }

    @AfterEach
    void close() {
        if (device != null) {
            device.close();
        }
    }

    /** Requests, units and least units of a kernel's accesses of a kind in its latest launch. */
    private List<Long> site(String kernel, String kind) throws IOException {
        return lines(kernel, "site").stream()
                .filter(line -> line.split("\t")[2].equals(kind))
                .reduce((earlier, later) -> later)
                .map(line -> numbers(line, 4))
                .orElseThrow();
    }

    private List<String> lines(String kernel, String type) throws IOException {
        return Files.readAllLines(Path.of(report)).stream()
                .filter(line -> line.startsWith(type + "\t" + kernel + "\t"))
                .toList();
    }

    private static List<Long> numbers(String line, int from) {
        return List.of(line.split("\t")).stream().skip(from).map(Long::valueOf).toList();
    }

    private void run(MemorySegment kernel, int blocks, int sharedBytes, Object... arguments) {
        Simulation.succeed(device.launch(kernel, blocks, LANES, sharedBytes, arguments));
        Simulation.succeed(device.synchronize());
    }

    @Test
    void neighbouringFloat4WasteNothing() throws IOException {
        MemorySegment copy = device.function("meter_float4", "u64", "u64");
        run(copy, 1, 0, device.allocate(16L * LANES), device.allocate(16L * LANES));
        assertEquals(List.of(1L, 16L, 16L), site("meter_float4", "load"));
        assertEquals(List.of(1L, 16L, 16L), site("meter_float4", "store"));
    }

    @ParameterizedTest
    @CsvSource({"1, 4", "2, 8", "3, 12", "8, 32", "100, 32"})
    void stridesTakeMoreSectors(int stride, long sectors) throws IOException {
        MemorySegment kernel = device.function("meter_stride", "u64", "u64", "u32");
        long x = device.allocate(4L * LANES * stride);
        run(kernel, 1, 0, x, device.allocate(4L * LANES), stride);
        assertEquals(List.of(1L, sectors, 4L), site("meter_stride", "load"));
        assertEquals(List.of(1L, 4L, 4L), site("meter_stride", "store"));
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 2", "4, 4", "32, 32", "33, 1", "0, 1"})
    void bankConflictsAreCounted(int stride, long passes) throws IOException {
        MemorySegment kernel = device.function("meter_banks", "u64", "u32", "u32");
        run(kernel, 1, 4 * LANES * Math.max(1, stride), device.allocate(4L * LANES), stride, 3);
        assertEquals(List.of(3L, 3 * passes, 3L), site("meter_banks", "shared"));
    }

    @Test
    void whatIsReadAgainCountsOnceInTheLeast() throws IOException {
        MemorySegment kernel = device.function("meter_again", "u64", "u64");
        run(kernel, 4, 0, device.allocate(4L * LANES), device.allocate(4L * 4 * LANES));
        assertEquals(List.of(4L, 16L, 16L), site("meter_again", "load"));
        List<String> launches = lines("meter_again", "launch");
        assertEquals(List.of(128L, 512L), numbers(launches.getLast(), 2));
    }
}
