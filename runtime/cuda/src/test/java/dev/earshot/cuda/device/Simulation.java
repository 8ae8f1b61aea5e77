package dev.earshot.cuda.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.earshot.bindings.CudaFlavour;
import dev.earshot.bindings.NativeLibraries;
import dev.earshot.bindings.cuda.cuda;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The simulated device as tests drive it: raw driver calls through the bindings, and the switches and counters of
 * {@code simcuda.h}. Holds the primary context while open; the device is as new after {@link #close}.
 */
final class Simulation implements AutoCloseable {
    private final Arena arena = Arena.ofConfined();
    private final MemorySegment out = arena.allocate(64, 16);
    private final MethodHandle control = function(
            "simcuda_control", FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
    private final MethodHandle counter =
            function("simcuda_counter", FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
    private final MethodHandle check = function("simcuda_check_memory", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    private final MethodHandle message = function("simcuda_last_message", FunctionDescriptor.of(ValueLayout.ADDRESS));
    private final MemorySegment stream;

    private Simulation() {
        set("reset", 0);
        succeed(cuda.cuInit(0));
        succeed(cuda.cuDevicePrimaryCtxRetain(out, 0));
        succeed(cuda.cuCtxSetCurrent(out.get(ValueLayout.ADDRESS, 0)));
        succeed(cuda.cuStreamCreate(out, cuda.CU_STREAM_NON_BLOCKING()));
        stream = out.get(ValueLayout.ADDRESS, 0);
    }

    /** Opens it; the running test is skipped where the device could not be built, and fails where it cannot be loaded. */
    static Simulation open() {
        String folder = System.getProperty("earshot.simcuda.dir", "");
        boolean built = Files.exists(Path.of(folder, "libcuda.so.1"));
        assumeTrue(built, "no simulated device in '" + folder + "'; native/build needs g++");
        NativeLibraries.loadCudaDriver(CudaFlavour.SIMULATED);
        return new Simulation();
    }

    @SuppressWarnings("restricted") // the library that was loaded just before
    private static MethodHandle function(String name, FunctionDescriptor type) {
        return Linker.nativeLinker()
                .downcallHandle(SymbolLookup.loaderLookup().find(name).orElseThrow(), type);
    }

    static void succeed(int status) {
        assertEquals(0, status, "CUDA status");
    }

    MemorySegment stream() {
        return stream;
    }

    MemorySegment out() {
        return out;
    }

    /** A switch of {@code simcuda_control}. */
    void set(String name, long value) {
        try {
            succeed((int) control.invokeExact(arena.allocateFrom(name), value));
        } catch (Throwable e) {
            throw new AssertionError(name, e);
        }
    }

    long count(String name) {
        try {
            return (long) counter.invokeExact(arena.allocateFrom(name));
        } catch (Throwable e) {
            throw new AssertionError(name, e);
        }
    }

    int damagedAllocations() {
        try {
            return (int) check.invokeExact();
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("restricted") // a C string ends where it ends
    String lastMessage() {
        try {
            MemorySegment text = (MemorySegment) message.invokeExact();
            return text.reinterpret(Integer.MAX_VALUE).getString(0);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    long allocate(long bytes) {
        succeed(cuda.cuMemAlloc_v2(out, bytes));
        return out.get(ValueLayout.JAVA_LONG, 0);
    }

    /** A function of a PTX text with one entry, whose parameters are given as PTX types: {@code u64}, {@code f32} … */
    MemorySegment function(String name, String... parameterTypes) {
        succeed(load(name, parameterTypes));
        return out.get(ValueLayout.ADDRESS, 0);
    }

    /** Status of loading such a function, which is then in {@link #out}. */
    int load(String name, String... parameterTypes) {
        StringBuilder parameters = new StringBuilder();
        for (String type : parameterTypes) {
            parameters
                    .append(parameters.isEmpty() ? "" : ",")
                    .append("\n\t.param .")
                    .append(type)
                    .append(" p");
        }
        String ptx = ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry " + name + "(" + parameters
                + "\n)\n{\n\tret;\n}\n";
        succeed(cuda.cuModuleLoadData(out, arena.allocateFrom(ptx)));
        return cuda.cuModuleGetFunction(out, out.get(ValueLayout.ADDRESS, 0), arena.allocateFrom(name));
    }

    /** Status of a launch on {@link #stream}; arguments are {@code Long}, {@code Integer} or {@code Float}. */
    int launch(MemorySegment function, int grid, int block, int sharedBytes, Object... arguments) {
        MemorySegment values = arena.allocate(8L * Math.max(1, arguments.length), 8);
        MemorySegment addresses = arena.allocate(8L * Math.max(1, arguments.length), 8);
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case Long value -> values.set(ValueLayout.JAVA_LONG, 8L * i, value);
                case Integer value -> values.set(ValueLayout.JAVA_INT, 8L * i, value);
                case Float value -> values.set(ValueLayout.JAVA_FLOAT, 8L * i, value);
                default -> throw new IllegalArgumentException("argument " + arguments[i]);
            }
            addresses.set(ValueLayout.JAVA_LONG, 8L * i, values.address() + 8L * i);
        }
        return cuda.cuLaunchKernel(
                function, grid, 1, 1, block, 1, 1, sharedBytes, stream, addresses, MemorySegment.NULL);
    }

    int synchronize() {
        return cuda.cuStreamSynchronize(stream);
    }

    /** Device memory, after everything on the stream. */
    MemorySegment read(long address, long bytes) {
        succeed(synchronize());
        MemorySegment host = arena.allocate(bytes, 16);
        succeed(cuda.cuMemcpyDtoH_v2(host, address, bytes));
        return host;
    }

    int readInt(long address) {
        return read(address, 4).get(ValueLayout.JAVA_INT, 0);
    }

    void write(long address, MemorySegment host) {
        succeed(cuda.cuMemcpyHtoD_v2(address, host, host.byteSize()));
    }

    void writeInts(long address, int... values) {
        write(address, arena.allocateFrom(ValueLayout.JAVA_INT, values));
    }

    Arena arena() {
        return arena;
    }

    @Override
    public void close() {
        cuda.cuDevicePrimaryCtxRelease_v2(0);
        set("reset", 0);
        arena.close();
    }
}
