package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.earshot.bindings.cuda.cuda;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Order, events, capture and graphs of the simulated device. */
class SimulatedStreamsTest {
    private Simulation device;
    private MemorySegment increment;
    private long counter;

    @BeforeEach
    void open() {
        device = Simulation.open();
        increment = device.function("nop_increment", "u64");
        counter = device.allocate(4);
        device.writeInts(counter, 0);
    }

    @AfterEach
    void close() {
        if (device != null) {
            device.close();
        }
    }

    private void increment() {
        Simulation.succeed(device.launch(increment, 3, 32, 0, counter));
    }

    private MemorySegment handle() {
        return device.out().get(ValueLayout.ADDRESS, 0);
    }

    private MemorySegment stream() {
        Simulation.succeed(cuda.cuStreamCreate(device.out(), cuda.CU_STREAM_NON_BLOCKING()));
        return handle();
    }

    private MemorySegment event() {
        Simulation.succeed(cuda.cuEventCreate(device.out(), 0));
        return handle();
    }

    private void beginCapture() {
        Simulation.succeed(cuda.cuStreamBeginCapture_v2(device.stream(), cuda.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL()));
    }

    private MemorySegment endCapture() {
        Simulation.succeed(cuda.cuStreamEndCapture(device.stream(), device.out()));
        return handle();
    }

    private MemorySegment instantiate(MemorySegment graph) {
        Simulation.succeed(cuda.cuGraphInstantiateWithFlags(device.out(), graph, 0));
        return handle();
    }

    @Test
    void workRunsOnlyOnceSomebodyWaits() {
        increment();
        MemorySegment host = device.arena().allocate(4);
        // A synchronous copy does not wait for a non-blocking stream: without a wait the old value is read.
        Simulation.succeed(cuda.cuMemcpyDtoH_v2(host, counter, 4));
        assertEquals(0, host.get(ValueLayout.JAVA_INT, 0));
        assertEquals(1, device.readInt(counter));
    }

    @Test
    void anEventOrdersTwoStreams() {
        MemorySegment other = stream();
        MemorySegment event = event();
        increment();
        Simulation.succeed(cuda.cuEventRecord(event, device.stream()));
        Simulation.succeed(cuda.cuStreamWaitEvent(other, event, 0));
        long copy = device.allocate(4);
        Simulation.succeed(cuda.cuMemcpyDtoDAsync_v2(copy, counter, 4, other));
        Simulation.succeed(cuda.cuStreamSynchronize(other));
        assertEquals(1, device.readInt(copy));
    }

    @Test
    void eventsTellTimeOnceTheyAreDone() {
        MemorySegment from = event();
        MemorySegment to = event();
        Simulation.succeed(cuda.cuEventRecord(from, device.stream()));
        increment();
        Simulation.succeed(cuda.cuEventRecord(to, device.stream()));
        assertEquals(cuda.CUDA_ERROR_NOT_READY(), cuda.cuEventElapsedTime(device.out(), from, to));
        assertEquals(cuda.CUDA_ERROR_NOT_READY(), cuda.cuEventQuery(to));
        Simulation.succeed(cuda.cuEventSynchronize(to));
        Simulation.succeed(cuda.cuEventElapsedTime(device.out(), from, to));
        assertTrue(device.out().get(ValueLayout.JAVA_FLOAT, 0) > 0);
        Simulation.succeed(cuda.cuEventQuery(to));
    }

    @Test
    void aGraphReplaysWhatWasCapturedAndNothingRanMeanwhile() {
        long copy = device.allocate(4);
        beginCapture();
        increment();
        increment();
        Simulation.succeed(cuda.cuMemcpyDtoDAsync_v2(copy, counter, 4, device.stream()));
        Simulation.succeed(cuda.cuMemsetD32Async(counter, 40, 1, device.stream()));
        MemorySegment graph = endCapture();
        assertEquals(0, device.readInt(counter));
        MemorySegment executable = instantiate(graph);
        Simulation.succeed(cuda.cuGraphDestroy(graph));
        Simulation.succeed(cuda.cuGraphLaunch(executable, device.stream()));
        assertEquals(2, device.readInt(copy));
        Simulation.succeed(cuda.cuGraphLaunch(executable, device.stream()));
        Simulation.succeed(cuda.cuGraphExecDestroy(executable)); // a launch under way is not disturbed
        assertEquals(42, device.readInt(copy));
        assertEquals(8, device.count("graph-nodes"));
    }

    @Test
    void callsThatWaitBreakACapture() {
        beginCapture();
        increment();
        assertEquals(cuda.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), cuda.cuStreamSynchronize(device.stream()));
        assertEquals(cuda.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), device.launch(increment, 1, 32, 0, counter));
        assertEquals(
                cuda.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), cuda.cuStreamEndCapture(device.stream(), device.out()));
        increment(); // the stream works again
        assertEquals(1, device.readInt(counter));
    }

    @Test
    void allocationBreaksACaptureUnlessTheThreadAllowsIt() {
        beginCapture();
        MemorySegment mode = device.arena().allocate(4);
        mode.set(ValueLayout.JAVA_INT, 0, cuda.CU_STREAM_CAPTURE_MODE_RELAXED());
        Simulation.succeed(cuda.cuThreadExchangeStreamCaptureMode(mode));
        Simulation.succeed(cuda.cuMemAlloc_v2(device.out(), 16));
        Simulation.succeed(cuda.cuThreadExchangeStreamCaptureMode(mode));
        assertEquals(cuda.CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), cuda.cuMemAlloc_v2(device.out(), 16));
        assertEquals(
                cuda.CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), cuda.cuStreamEndCapture(device.stream(), device.out()));
    }

    @Test
    void aForkMustBeJoinedBeforeTheCaptureEnds() {
        MemorySegment other = stream();
        MemorySegment fork = event();
        MemorySegment join = event();
        for (boolean joined : new boolean[] {false, true}) {
            beginCapture();
            increment();
            Simulation.succeed(cuda.cuEventRecord(fork, device.stream()));
            Simulation.succeed(cuda.cuStreamWaitEvent(other, fork, 0));
            Simulation.succeed(cuda.cuMemsetD32Async(counter, 7, 1, other));
            if (joined) {
                Simulation.succeed(cuda.cuEventRecord(join, other));
                Simulation.succeed(cuda.cuStreamWaitEvent(device.stream(), join, 0));
            }
            int expected = joined ? 0 : cuda.CUDA_ERROR_STREAM_CAPTURE_UNJOINED();
            assertEquals(expected, cuda.cuStreamEndCapture(device.stream(), device.out()));
        }
        MemorySegment graph = handle();
        Simulation.succeed(cuda.cuGraphLaunch(instantiate(graph), device.stream()));
        assertEquals(7, device.readInt(counter));
    }

    @Test
    void destroyedHandlesAreRefused() {
        MemorySegment other = stream();
        Simulation.succeed(cuda.cuStreamDestroy_v2(other));
        assertEquals(cuda.CUDA_ERROR_INVALID_HANDLE(), cuda.cuStreamSynchronize(other));
        MemorySegment event = event();
        Simulation.succeed(cuda.cuEventDestroy_v2(event));
        assertEquals(cuda.CUDA_ERROR_INVALID_HANDLE(), cuda.cuEventRecord(event, device.stream()));
    }

    @Test
    void droppedLaunchesAreCountedAndDoNothing() {
        device.set("launch", 0);
        increment();
        device.set("launch", 1);
        increment();
        assertEquals(1, device.readInt(counter));
        assertEquals(2, device.count("launches"));
    }
}
