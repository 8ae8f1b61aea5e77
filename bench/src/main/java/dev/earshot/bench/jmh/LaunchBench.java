package dev.earshot.bench.jmh;

import dev.earshot.bindings.cuda.cuda;
import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.CudaOptions;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Queue;
import dev.earshot.kernels.KernelImages;
import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Backends;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import jcuda.Pointer;
import jcuda.driver.CUfunction;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What one launch of a kernel with six arguments costs the host, by five ways. The simulated device drops the launches, so
 * {@link #ffm()} is the driver's own cost plus that of the call, and the others minus it are what each way adds. On a card
 * the queue fills up and the slowest of host, driver and card is seen.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx1g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LaunchBench {
    private static final String MODULE = "nop";
    private static final String KERNEL = "nop_six";
    private static final int BLOCK = 256;
    private static final int ARGUMENTS = 6;
    private static final int SLOT = 8;

    /** {@code simcuda}, or {@code cuda} where there is a card. */
    @Param("simcuda")
    public String backendName;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment values = arena.allocate(ARGUMENTS * SLOT, SLOT);
    private final MemorySegment addresses = arena.allocate(ARGUMENTS * SLOT, SLOT);
    /** The same memory without the arena's scope, of which each call would take hold. */
    private final MemorySegment arguments = MemorySegment.ofAddress(addresses.address());

    private final CUmodule module = new CUmodule();
    private final FunctionHandle function = new FunctionHandle();
    private Backend backend;
    private CudaContext context;
    private Queue queue;
    private Kernel kernel;
    private MemorySegment handle;
    private MemorySegment stream;
    private Pointer rawArguments;
    private long address = 1L << 40;
    private int size = 1;

    /** JCuda keeps the address to itself; a subclass may read it. */
    private static final class FunctionHandle extends CUfunction {
        long address() {
            return getNativePointer();
        }
    }

    /** Native memory as JCuda takes it. */
    private static final class RawPointer extends Pointer {
        RawPointer(MemorySegment memory) {
            super(memory.address());
        }
    }

    /** Opens the device and finds the kernel for each way. */
    @Setup(Level.Trial)
    public void open() {
        backend = Backends.open(backendName); // loads the libraries
        context = new CudaContext(0, new CudaOptions(backendName, false, CudaOptions.NO_LIMIT));
        queue = context.queue();
        stream = queue.stream();
        kernel = context.kernel(MODULE, KERNEL);
        String ptx = KernelImages.ptx(MODULE, KernelImages.PORTABLE).orElseThrow();
        JCudaDriver.cuModuleLoadData(module, ptx);
        JCudaDriver.cuModuleGetFunction(function, module, KERNEL);
        handle = MemorySegment.ofAddress(function.address());
        for (int i = 0; i < ARGUMENTS; i++) {
            addresses.setAtIndex(ValueLayout.JAVA_LONG, i, values.address() + (long) i * SLOT);
        }
        rawArguments = new RawPointer(arguments);
        SimulatedDevice.dropLaunches(backendName);
    }

    /** Gives everything back. */
    @TearDown(Level.Trial)
    public void close() {
        queue.synchronize();
        JCudaDriver.cuModuleUnload(module);
        context.close();
        backend.close();
        arena.close();
    }

    /** The way of this backend: arguments checked against the kernel's list, errors turned into exceptions. */
    @Benchmark
    public void earshot() {
        queue.launch(kernel)
                .address(address)
                .address(address + 1024)
                .address(address + 2048)
                .integer(size)
                .integer(size + 1)
                .integer(size + 2)
                .run(1, BLOCK);
    }

    /** The least there is: values written into native memory that was laid out before, one call, the status looked at. */
    @Benchmark
    public void ffm() {
        write(values);
        check(call(arguments));
    }

    /** As {@link #ffm()} without the values: the call and the driver alone. */
    @Benchmark
    public void ffmConstantArguments() {
        check(call(arguments));
    }

    /** Native memory for the arguments taken and given back around each launch. */
    @Benchmark
    public void ffmArenaPerLaunch() {
        try (Arena own = Arena.ofConfined()) {
            MemorySegment fresh = own.allocate(ARGUMENTS * SLOT, SLOT);
            MemorySegment there = own.allocate(ARGUMENTS * SLOT, SLOT);
            write(fresh);
            for (int i = 0; i < ARGUMENTS; i++) {
                there.setAtIndex(ValueLayout.JAVA_LONG, i, fresh.address() + (long) i * SLOT);
            }
            check(call(there));
        }
    }

    /** JCuda as its samples show it: a tree of pointers to arrays for each launch. */
    @Benchmark
    public void jcudaTree() {
        Pointer tree = Pointer.to(
                Pointer.to(new long[] {address}),
                Pointer.to(new long[] {address + 1024}),
                Pointer.to(new long[] {address + 2048}),
                Pointer.to(new int[] {size}),
                Pointer.to(new int[] {size + 1}),
                Pointer.to(new int[] {size + 2}));
        check(JCudaDriver.cuLaunchKernel(function, 1, 1, 1, BLOCK, 1, 1, 0, null, tree, null));
    }

    /** JCuda with the same native argument memory as {@link #ffm()}, wrapped once. */
    @Benchmark
    public void jcudaRawPointer() {
        write(values);
        check(JCudaDriver.cuLaunchKernel(function, 1, 1, 1, BLOCK, 1, 1, 0, null, rawArguments, null));
    }

    private void write(MemorySegment to) {
        to.set(ValueLayout.JAVA_LONG, 0, address);
        to.set(ValueLayout.JAVA_LONG, SLOT, address + 1024);
        to.set(ValueLayout.JAVA_LONG, 2 * SLOT, address + 2048);
        to.set(ValueLayout.JAVA_INT, 3 * SLOT, size);
        to.set(ValueLayout.JAVA_INT, 4 * SLOT, size + 1);
        to.set(ValueLayout.JAVA_INT, 5 * SLOT, size + 2);
    }

    private int call(MemorySegment pointers) {
        return cuda.cuLaunchKernel(handle, 1, 1, 1, BLOCK, 1, 1, 0, stream, pointers, MemorySegment.NULL);
    }

    private static void check(int status) {
        if (status != 0) {
            throw new IllegalStateException("cuLaunchKernel: expected status 0, got " + status);
        }
    }
}
