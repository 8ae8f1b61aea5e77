package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.cuda.cuda;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the simulated device runs kernels: warps, barriers, rounding, launch limits, and what it finds wrong. */
class SimulatedExecutionTest extends OnSimulation {
    private static final int LANES = 32;

    @Test
    void warpFunctionsGiveEveryLaneItsAnswer() {
        MemorySegment warp = device.function("test_warp", "u64");
        long x = device.allocate(4L * LANES * 10);
        Simulation.succeed(device.launch(warp, 1, LANES, 0, x));
        int[] got = device.read(x, 4L * LANES * 10).toArray(ValueLayout.JAVA_INT);
        int thirds = 0;
        for (int lane = 0; lane < LANES; lane += 3) {
            thirds |= 1 << lane;
        }
        for (int lane = 0; lane < LANES; lane++) {
            int[] expected = {
                lane ^ 5,
                lane % 8 + 3 < 8 ? lane + 3 : lane,
                lane % 8 >= 3 ? lane - 3 : lane,
                lane / 16 * 16 + 2,
                thirds,
                2,
                lane < 16 ? 120 : 376,
                lane < 16 ? -15 : -31,
                0xf << lane / 4 * 4,
                31
            };
            int[] mine = Arrays.copyOfRange(got, 10 * lane, 10 * lane + 10);
            assertEquals(Arrays.toString(expected), Arrays.toString(mine), "lane " + lane);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {32, 96, 256, 1024})
    void blockReductionsReachEveryThread(int threads) {
        MemorySegment block = device.function("test_block", "u64", "u64", "u64");
        double[] values = new Random(threads).doubles(threads).map(Math::rint).toArray();
        values[threads / 2] = 7;
        long x = device.allocate(8L * threads);
        long sums = device.allocate(8L * threads);
        long maxima = device.allocate(8L * threads);
        device.write(x, device.arena().allocateFrom(ValueLayout.JAVA_DOUBLE, values));
        Simulation.succeed(device.launch(block, 1, threads, 0, x, sums, maxima));
        double sum = Arrays.stream(values).sum(); // whole numbers: exact in any order
        double[] expected = new double[threads];
        Arrays.fill(expected, sum);
        double[] got = device.read(sums, 8L * threads).toArray(ValueLayout.JAVA_DOUBLE);
        assertEquals(Arrays.toString(expected), Arrays.toString(got));
        Arrays.fill(expected, 7);
        got = device.read(maxima, 8L * threads).toArray(ValueLayout.JAVA_DOUBLE);
        assertEquals(Arrays.toString(expected), Arrays.toString(got));
    }

    @Test
    void sixteenBitTypesRoundLikeTheJdkAndTheCard() {
        MemorySegment round = device.function("test_round", "u64", "u64", "u64", "u64", "u32");
        int n = 1 << 16;
        float[] values = new float[n];
        Random random = new Random(1);
        for (int i = 0; i < n; i++) {
            values[i] = switch (i % 4) {
                case 0 -> Float.intBitsToFloat(random.nextInt());
                case 1 -> Float.float16ToFloat((short) i); // exact, ties beside it below
                case 2 -> Float.intBitsToFloat(Float.floatToIntBits(Float.float16ToFloat((short) i)) + 0x1000);
                default -> Float.intBitsToFloat((i << 16) + 0x8000 + random.nextInt(3) - 1);
            };
        }
        long x = device.allocate(4L * n);
        long bfloat16 = device.allocate(2L * n);
        long half = device.allocate(2L * n);
        long back = device.allocate(4L * n);
        device.write(x, device.arena().allocateFrom(ValueLayout.JAVA_FLOAT, values));
        Simulation.succeed(device.launch(round, 64, 256, 0, x, bfloat16, half, back, n));
        short[] gotBfloat16 = device.read(bfloat16, 2L * n).toArray(ValueLayout.JAVA_SHORT);
        short[] gotHalf = device.read(half, 2L * n).toArray(ValueLayout.JAVA_SHORT);
        float[] gotBack = device.read(back, 4L * n).toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < n; i++) {
            boolean nan = Float.isNaN(values[i]);
            assertEquals(
                    nan ? 0x7fff : Float.floatToFloat16(values[i]) & 0xffff,
                    gotHalf[i] & 0xffff,
                    "half of " + values[i]);
            assertEquals(nan ? 0x7fff : nearestBfloat16(values[i]), gotBfloat16[i] & 0xffff, "bf16 of " + values[i]);
            float exact = Float.float16ToFloat((short) i);
            assertTrue(exact == gotBack[i] || Float.isNaN(exact) && Float.isNaN(gotBack[i]), "half " + i);
        }
    }

    /** By distance to both neighbours, ties to the even one. */
    private static int nearestBfloat16(float value) {
        int low = Float.floatToRawIntBits(value) >>> 16;
        double below = value - (double) Float.intBitsToFloat(low << 16);
        if (below == 0) {
            return low;
        }
        float next = Float.intBitsToFloat((low + 1) << 16);
        // Beyond the largest number the neighbour counts as if the exponent went on.
        double upper = Float.isInfinite(next) ? Math.copySign(0x1p128, value) : next;
        double above = upper - (double) value;
        int nearer = Double.compare(Math.abs(below), Math.abs(above));
        return nearer < 0 || (nearer == 0 && (low & 1) == 0) ? low : low + 1;
    }

    @ParameterizedTest
    @ValueSource(strings = {"test_divergent_shuffle", "test_divergent_barrier"})
    void divergenceIsADeadlockThatIsTold(String name) {
        MemorySegment divergent = device.function(name, "u64");
        long x = device.allocate(4L * LANES);
        Simulation.succeed(device.launch(divergent, 1, LANES, 0, x));
        assertEquals(cuda.CUDA_ERROR_LAUNCH_FAILED(), device.synchronize());
        assertTrue(device.lastMessage().contains("deadlock"), device.lastMessage());
    }

    @Test
    void anIntegerDivisionByZeroEndsTheLaunchAndNotTheProcess() {
        MemorySegment divide = device.function("test_divide", "u64");
        long x = device.allocate(12);
        device.writeInts(x, 0, 6, 3);
        Simulation.succeed(device.launch(divide, 1, 1, 0, x));
        assertEquals(2, device.readInt(x));
        device.writeInts(x, 0, 6, 0);
        Simulation.succeed(device.launch(divide, 1, 1, 0, x));
        assertEquals(cuda.CUDA_ERROR_LAUNCH_FAILED(), device.synchronize());
    }

    @Test
    void sharedMemoryStartsAsNaNAndEndsAtAGuardPage() {
        MemorySegment shared = device.function("test_shared", "u64", "u32");
        long x = device.allocate(4L * LANES);
        Simulation.succeed(device.launch(shared, 1, LANES, 4 * LANES, x, 0));
        assertEquals(-1, device.readInt(x));
        Simulation.succeed(device.launch(shared, 1, LANES, 4 * LANES, x, 1));
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), device.synchronize());
    }

    @Test
    void stalePtxIsFoundWhenAFunctionIsLoaded() {
        assertEquals(cuda.CUDA_ERROR_NOT_FOUND(), device.load("test_write", "u64", "u32"));
        assertTrue(device.lastMessage().contains("8,4 bytes there, of 8,8 bytes"), device.lastMessage());
        assertEquals(cuda.CUDA_ERROR_NOT_FOUND(), device.load("test_write", "u64"));
        assertEquals(cuda.CUDA_ERROR_NOT_FOUND(), device.load("test_that_is_not_there", "u64"));
        Simulation.succeed(device.load("test_write", "u64", "u64"));
    }

    @Test
    void launchesBeyondTheLimitsAreRefused() {
        MemorySegment nop = device.function("nop");
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), device.launch(nop, 0, LANES, 0));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), device.launch(nop, 1, 1025, 0));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), device.launch(nop, 1, LANES, 48 * 1024 + 4));
        int attribute = cuda.CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES();
        Simulation.succeed(cuda.cuFuncSetAttribute(nop, attribute, 100 * 1024));
        Simulation.succeed(device.launch(nop, 1, LANES, 100 * 1024));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), cuda.cuFuncSetAttribute(nop, attribute, 200 * 1024));
        Simulation.succeed(device.synchronize());
    }

    @Test
    void askedForFailuresHappenWhereTheyWereAskedFor() {
        MemorySegment nop = device.function("nop");
        device.set("refuse-launch", 1);
        assertEquals(cuda.CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES(), device.launch(nop, 1, LANES, 0));
        device.set("fail-launch", 2);
        Simulation.succeed(device.launch(nop, 1, LANES, 0));
        Simulation.succeed(device.synchronize());
        Simulation.succeed(device.launch(nop, 1, LANES, 0));
        assertEquals(cuda.CUDA_ERROR_LAUNCH_FAILED(), device.synchronize());
        assertEquals(2, device.count("launches"));
    }

    @Test
    void aLostDeviceStaysLost() {
        device.set("device-lost", 1);
        assertEquals(46, cuda.cuMemAlloc_v2(device.out(), 16));
        assertEquals(46, device.synchronize());
    }
}
