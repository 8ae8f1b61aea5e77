package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.bindings.cuda.cuda;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the race build of the simulated device finds, and what it must not complain about. Run by native/run-racecheck. */
class SimulatedRaceChecks {
    private static final int THREADS = 64;

    private Simulation device;

    @BeforeEach
    void open() {
        String folder = System.getProperty("earshot.simcuda.dir", "");
        assumeTrue(
                folder.endsWith("simcuda-race"), "races are found by native/target/simcuda-race: native/run-racecheck");
        device = Simulation.open();
    }

    @AfterEach
    void close() {
        if (device != null) {
            device.close();
        }
    }

    private int run(MemorySegment kernel, int blocks, int sharedBytes, Object... arguments) {
        Simulation.succeed(device.launch(kernel, blocks, THREADS, sharedBytes, arguments));
        return device.synchronize();
    }

    private void found(int status, String... words) {
        assertEquals(cuda.CUDA_ERROR_LAUNCH_FAILED(), status);
        for (String word : words) {
            assertTrue(device.lastMessage().contains(word), word + " expected in: " + device.lastMessage());
        }
    }

    private long numbers(int count) {
        return device.allocate(4L * count);
    }

    @ParameterizedTest
    @CsvSource({
        "race_no_barrier, 0, static shared memory",
        "race_no_barrier_dynamic, 256, dynamic shared memory",
        "race_shuffle, 256, dynamic shared memory"
    })
    void aMissingBarrierIsFound(String name, int sharedBytes, String memory) {
        int status = run(device.function(name, "u64"), 1, sharedBytes, numbers(THREADS));
        found(status, "read-write race", memory, "(race_tests.cu:", "by block 0,0,0 thread");
    }

    @ParameterizedTest
    @CsvSource({"race_barrier, 0", "race_warp, 256"})
    void barriersOrder(String name, int sharedBytes) {
        Simulation.succeed(run(device.function(name, "u64"), 1, sharedBytes, numbers(THREADS)));
    }

    @Test
    void aWarpBarrierOrdersTheLanesOfItsMask() {
        MemorySegment halves = device.function("race_half_warps", "u64", "u32");
        long x = numbers(THREADS);
        Simulation.succeed(run(halves, 1, 4 * THREADS, x, 0));
        found(run(halves, 1, 4 * THREADS, x, 1), "read-write race");
    }

    @Test
    void aMissingSecondBarrierOfALoopIsFound() {
        MemorySegment loop = device.function("race_loop", "u64", "u32");
        long x = numbers(THREADS);
        Simulation.succeed(run(loop, 1, 0, x, 1));
        found(run(loop, 1, 0, x, 0), "read-write race: write of 4 bytes", "nothing orders it after a read");
    }

    @Test
    void bytesOfAWordAreToldApart() {
        MemorySegment halves = device.function("race_halves", "u64", "u32");
        long x = device.allocate(2L * THREADS);
        Simulation.succeed(run(halves, 1, 0, x, 0));
        found(run(halves, 1, 0, x, 1), "write-write race: write of 2 bytes", "of an allocation of 128 bytes");
    }

    @Test
    void nothingOrdersBlocksOfOneLaunch() {
        MemorySegment blocks = device.function("race_blocks", "u64", "u32");
        long x = numbers(4 * THREADS);
        Simulation.succeed(run(blocks, 4, 0, x, 1));
        Simulation.succeed(run(blocks, 4, 0, x, 1)); // launches are ordered
        Simulation.succeed(run(blocks, 4, 0, x, 2)); // atomics do not race with each other
        found(run(blocks, 4, 0, x, 0), "write-write race", "block 1,0,0", "block 0,0,0");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theLastBlockSeesWhatIsFenced(int fence) {
        assertEquals(5 * THREADS, lastBlockSum(fence));
    }

    private int lastBlockSum(int fence) {
        Simulation.succeed(lastBlock(fence));
        return device.readInt(sum);
    }

    private long sum;

    private int lastBlock(int fence) {
        MemorySegment last = device.function("race_last_block", "u64", "u64", "u64", "u32");
        long ticket = numbers(1);
        device.writeInts(ticket, 0);
        sum = numbers(1);
        long partial = numbers(5 * THREADS);
        Simulation.succeed(run(last, 1, 0, partial, ticket, sum, fence));
        return run(last, 5, 0, partial, ticket, sum, fence);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 3})
    void theLastBlockNeedsAFenceOfTheDevice(int fence) {
        found(lastBlock(fence), "read-write race: read of 4 bytes by block 4,0,0", "of an allocation of 1280 bytes");
    }

    @Test
    void sharedMemoryThatWasNeverWrittenIsFound() {
        MemorySegment unwritten = device.function("race_unwritten", "u64", "u32");
        long x = numbers(THREADS);
        Simulation.succeed(run(unwritten, 1, 0, x, 0));
        found(run(unwritten, 1, 0, x, 32), "shared memory read that its block never wrote", "static shared memory");
    }

    @ParameterizedTest
    @CsvSource({"1, not arrived", "2, not arrived", "3, not arrived", "4, read-write race"})
    void copiesNeedAWaitAndABarrier(int how, String message) {
        MemorySegment copy = device.function("copy_groups", "u64", "u64", "u32");
        long from = numbers(4 * THREADS);
        long to = numbers(4 * THREADS);
        Simulation.succeed(run(copy, 1, 32 * THREADS, from, to, 0));
        found(run(copy, 1, 32 * THREADS, from, to, how), message);
    }
}
