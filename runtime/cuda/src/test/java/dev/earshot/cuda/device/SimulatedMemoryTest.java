package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.cuda.cuda;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** What the simulated device's memory finds: each test makes the mistake and expects to be told. */
class SimulatedMemoryTest extends OnSimulation {
    private static final int FLOATS = 1000;

    @Test
    void freshMemoryIsNaN() {
        long small = device.allocate(4L * FLOATS);
        long large = device.allocate(20L << 20);
        assertTrue(Float.isNaN(device.read(small, 4).get(ValueLayout.JAVA_FLOAT, 0)));
        for (long offset = 0; offset < 20L << 20; offset += (1 << 20) - 4) {
            assertEquals(-1, device.readInt(large + offset), "at " + offset);
        }
    }

    @Test
    void startsAreAlignedLikeOnACard() {
        for (long bytes : new long[] {1, 4, 255, 256, 257, 4097, 9L << 20}) {
            assertEquals(0, device.allocate(bytes) % 256, bytes + " bytes");
        }
    }

    @Test
    void aWriteFarOutsideIsAnIllegalAddress() {
        MemorySegment write = device.function("test_write", "u64", "u64");
        Simulation.succeed(
                cuda.cuMemFree_v2(device.allocate(1 << 20))); // the next allocation may lie where this one was
        long x = device.allocate(4L * FLOATS);
        Simulation.succeed(device.launch(write, 1, 1, 0, x, (long) FLOATS + 256));
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), device.synchronize());
        assertTrue(
                device.lastMessage().contains("test_write")
                        && device.lastMessage().contains("1024 bytes past the end of an allocation of 4000 bytes"),
                device.lastMessage());
    }

    @Test
    void anIllegalAddressMakesTheDeviceUnusable() {
        MemorySegment write = device.function("test_write", "u64", "u64");
        long x = device.allocate(4L * FLOATS);
        Simulation.succeed(
                device.launch(write, 1, 1, 0, x, -256L)); // the guard page; farther off may be somebody's memory
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), device.synchronize());
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), cuda.cuMemAlloc_v2(device.out(), 16));
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), device.launch(write, 1, 1, 0, x, 0L));
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), cuda.cuCtxSynchronize());
    }

    @Test
    void aWriteJustPastTheEndIsFoundByTheCanary() {
        MemorySegment write = device.function("test_write", "u64", "u64");
        long x = device.allocate(4L * FLOATS);
        Simulation.succeed(device.launch(write, 1, 1, 0, x, (long) FLOATS - 1));
        Simulation.succeed(device.synchronize());
        assertEquals(0, device.damagedAllocations());
        Simulation.succeed(device.launch(write, 1, 1, 0, x, (long) FLOATS));
        Simulation.succeed(device.synchronize());
        assertEquals(1, device.damagedAllocations());
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), cuda.cuMemFree_v2(x));
        assertTrue(device.lastMessage().contains("0 bytes past the end"), device.lastMessage());
    }

    @Test
    void aWriteBeforeTheStartIsFoundByTheCanary() {
        MemorySegment write = device.function("test_write", "u64", "u64");
        long x = device.allocate(2L * FLOATS); // less than a page, whose rest lies before it
        Simulation.succeed(device.launch(write, 1, 1, 0, x, -1L));
        Simulation.succeed(device.synchronize());
        assertEquals(1, device.damagedAllocations());
    }

    @Test
    void endAlignedMemoryFaultsOnTheFirstFloatPastTheEnd() {
        device.set("alignment", 4);
        MemorySegment write = device.function("test_write", "u64", "u64");
        long x = device.allocate(4L * FLOATS);
        Simulation.succeed(device.launch(write, 1, 1, 0, x, (long) FLOATS));
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), device.synchronize());
    }

    @Test
    void useAfterFreeIsAnIllegalAddress() {
        MemorySegment write = device.function("test_write", "u64", "u64");
        long x = device.allocate(4L * FLOATS);
        Simulation.succeed(cuda.cuMemFree_v2(x));
        Simulation.succeed(device.launch(write, 1, 1, 0, x, 0L));
        assertEquals(cuda.CUDA_ERROR_ILLEGAL_ADDRESS(), device.synchronize());
    }

    @Test
    void aSecondFreeIsRefused() {
        long x = device.allocate(64);
        Simulation.succeed(cuda.cuMemFree_v2(x));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), cuda.cuMemFree_v2(x));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), cuda.cuMemFreeAsync(x, device.stream()));
    }

    @Test
    void copiesOutsideAnAllocationAreRefused() {
        long x = device.allocate(64);
        MemorySegment host = device.arena().allocate(128);
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), cuda.cuMemcpyHtoD_v2(x, host, 65));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), cuda.cuMemcpyDtoH_v2(host, x + 1, 64));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), cuda.cuMemcpyDtoH_v2(host, host.address(), 64));
        assertEquals(cuda.CUDA_ERROR_INVALID_VALUE(), cuda.cuMemsetD8Async(x, (byte) 0, 65, device.stream()));
        Simulation.succeed(cuda.cuMemcpyHtoD_v2(x, host, 64));
    }

    @Test
    void theDeviceHasNoMoreMemoryThanItSays() {
        device.set("memory", 1 << 20);
        long x = device.allocate(1 << 19);
        assertEquals(cuda.CUDA_ERROR_OUT_OF_MEMORY(), cuda.cuMemAlloc_v2(device.out(), (1 << 19) + 1));
        Simulation.succeed(cuda.cuMemFree_v2(x));
        assertNotEquals(0, device.allocate(1 << 20));
    }

    @Test
    void poolsCountAndReuseInStreamOrder() {
        device.set("memory", 1 << 20);
        MemorySegment out = device.out();
        Simulation.succeed(cuda.cuDeviceGetDefaultMemPool(out, 0));
        MemorySegment pool = out.get(ValueLayout.ADDRESS, 0);
        for (int i = 0; i < 3; i++) {
            // The free before still waits in the stream; the allocation must not fail for that.
            Simulation.succeed(cuda.cuMemAllocFromPoolAsync(out, 1 << 20, pool, device.stream()));
            Simulation.succeed(cuda.cuMemFreeAsync(out.get(ValueLayout.JAVA_LONG, 0), device.stream()));
        }
        Simulation.succeed(device.synchronize());
        Simulation.succeed(cuda.cuMemPoolGetAttribute(pool, cuda.CU_MEMPOOL_ATTR_USED_MEM_CURRENT(), out));
        assertEquals(0, out.get(ValueLayout.JAVA_LONG, 0));
        Simulation.succeed(cuda.cuMemPoolGetAttribute(pool, cuda.CU_MEMPOOL_ATTR_USED_MEM_HIGH(), out));
        assertEquals(1 << 20, out.get(ValueLayout.JAVA_LONG, 0));
    }

    @Test
    void theAskedForAllocationFails() {
        device.set("fail-allocation", 2);
        Simulation.succeed(cuda.cuMemAlloc_v2(device.out(), 16));
        assertEquals(cuda.CUDA_ERROR_OUT_OF_MEMORY(), cuda.cuMemAlloc_v2(device.out(), 16));
        Simulation.succeed(cuda.cuMemAlloc_v2(device.out(), 16));
        assertEquals(2, device.count("live-allocations"));
    }
}
