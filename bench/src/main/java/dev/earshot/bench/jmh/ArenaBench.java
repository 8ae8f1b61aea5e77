package dev.earshot.bench.jmh;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What native memory for one call costs, and what the smallest call costs by the three ways of holding its handle: why
 * launches reuse their memory and bindings keep handles in static final fields. The function called is C's {@code abs}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 3,
        jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "-Xmx1g"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ArenaBench {
    private static final int BYTES = 48;
    private static final MethodHandle ABS = absolute();
    private static final MethodHandle CRITICAL_ABS = absolute(Linker.Option.critical(false));

    private final MethodHandle instanceAbs = absolute();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory = arena.allocate(BYTES, 8);
    private int value = -7;

    @SuppressWarnings("restricted") // a function of the C library
    private static MethodHandle absolute(Linker.Option... options) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().find("abs").orElseThrow(),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT),
                options);
    }

    /** Frees the memory that lives longer than a call. */
    @TearDown
    public void close() {
        arena.close();
    }

    /** Opened, 48 bytes taken, closed, on one thread. */
    @Benchmark
    public long confinedArena() {
        try (Arena own = Arena.ofConfined()) {
            return own.allocate(BYTES, 8).address();
        }
    }

    /** The same for all threads: closing waits until none of them can be inside. */
    @Benchmark
    public long sharedArena() {
        try (Arena own = Arena.ofShared()) {
            return own.allocate(BYTES, 8).address();
        }
    }

    /** 48 bytes from the front of memory that is there. */
    @Benchmark
    public long prefixOfReusedMemory() {
        return SegmentAllocator.prefixAllocator(memory).allocate(BYTES, 8).address();
    }

    /** One write into memory that is there. */
    @Benchmark
    public void writeReusedMemory() {
        memory.set(ValueLayout.JAVA_INT, 0, value);
    }

    /** A call whose handle is a constant to the compiler. */
    @Benchmark
    public int callByStaticHandle() throws Throwable {
        return (int) ABS.invokeExact(value);
    }

    /** A call whose handle is in a field. */
    @Benchmark
    public int callByInstanceHandle() throws Throwable {
        return (int) instanceAbs.invokeExact(value);
    }

    /** Without the transition to native state; only for functions that never wait. */
    @Benchmark
    public int criticalCall() throws Throwable {
        return (int) CRITICAL_ABS.invokeExact(value);
    }
}
