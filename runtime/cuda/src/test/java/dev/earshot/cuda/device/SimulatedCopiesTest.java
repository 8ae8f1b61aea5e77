package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.cuda.cuda;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Asynchronous copies arrive late on the simulated device, and it looks at the addresses that PTX instructions get. */
class SimulatedCopiesTest extends OnSimulation {
    private static final int THREADS = 32;
    private static final int FLOATS = 4 * THREADS;

    private float[] copied(int how) {
        float[] numbers = new float[FLOATS];
        for (int i = 0; i < FLOATS; i++) {
            numbers[i] = i + 1;
        }
        MemorySegment copy = device.function("copy_groups", "u64", "u64", "u32");
        long from = device.allocate(4L * FLOATS);
        long to = device.allocate(4L * FLOATS);
        device.write(from, device.arena().allocateFrom(ValueLayout.JAVA_FLOAT, numbers));
        Simulation.succeed(device.launch(copy, 1, THREADS, 2 * 4 * FLOATS, from, to, how));
        return device.read(to, 4L * FLOATS).toArray(ValueLayout.JAVA_FLOAT);
    }

    @Test
    void copiesThatAreWaitedForArriveAndOthersOfZerosToo() {
        float[] expected = new float[FLOATS];
        for (int i = 0; i < FLOATS; i++) {
            expected[i] = i / 4 % 2 == 0 ? i + 1 : 0;
        }
        assertArrayEquals(expected, copied(0));
    }

    @ParameterizedTest
    @CsvSource({"1, no wait", "2, no commit", "3, a wait for an older group"})
    void copiesThatAreNotWaitedForNeverArrive(int how, String why) {
        float[] expected = new float[FLOATS];
        Arrays.fill(expected, Float.NaN);
        assertArrayEquals(expected, copied(how), why);
    }

    @ParameterizedTest
    @CsvSource({
        "4, 0, 0, 716, destination of an asynchronous copy",
        "0, 8, 0, 716, source of an asynchronous copy",
        "0, 0, 1, 700, memory that is not shared"
    })
    void copiesToOrFromWrongAddressesEndTheLaunch(int to, int from, int outside, int status, String message) {
        MemorySegment copy = device.function("copy_misplaced", "u64", "u32", "u32", "u32");
        long global = device.allocate(256);
        Simulation.succeed(device.launch(copy, 1, 1, 64, global, 0, 16, 0));
        Simulation.succeed(device.synchronize());
        Simulation.succeed(device.launch(copy, 1, 1, 64, global, to, from, outside));
        assertEquals(status, device.synchronize());
        assertTrue(device.lastMessage().contains(message), device.lastMessage());
    }

    @Test
    void matrixRowsMustBeAlignedAndInSharedMemory() {
        MemorySegment load = device.function("matrix_misplaced", "u64", "u32", "u32");
        long global = device.allocate(2L * 8 * THREADS);
        device.writeInts(global, 1, 2, 3, 4);
        Simulation.succeed(device.launch(load, 1, THREADS, 0, global, 0, 0));
        Simulation.succeed(device.synchronize());
        Simulation.succeed(device.launch(load, 1, THREADS, 0, global, 4, 0));
        assertEquals(cuda.CUDA_ERROR_MISALIGNED_ADDRESS(), device.synchronize());
        assertTrue(
                device.lastMessage().contains("row of a matrix: expected a multiple of 16 bytes"),
                device.lastMessage());
    }

    @Test
    void matrixRowsInGlobalMemoryAreRefused() {
        MemorySegment load = device.function("matrix_misplaced", "u64", "u32", "u32");
        long global = device.allocate(2L * 8 * THREADS);
        device.writeInts(global, 1, 2, 3, 4);
        Simulation.succeed(device.launch(load, 1, THREADS, 0, global, 0, 1));
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), device.synchronize());
        assertTrue(device.lastMessage().contains("row of a matrix in memory that is not shared"), device.lastMessage());
    }
}
