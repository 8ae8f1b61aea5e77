package dev.earshot.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** Makes calls of the simulated device fail; see {@code simcuda.h}. */
final class SimulatedFaults {
    private SimulatedFaults() {}

    @SuppressWarnings("restricted") // the library that the backend under test has loaded before
    static void control(String name, long value) {
        try (Arena arena = Arena.ofConfined()) {
            Path library = Path.of(System.getProperty("earshot.simcuda.dir"), "libcuda.so.1");
            MemorySegment function = SymbolLookup.libraryLookup(library, arena)
                    .find("simcuda_control")
                    .orElseThrow();
            MethodHandle call = Linker.nativeLinker()
                    .downcallHandle(
                            function,
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
            assertEquals(0, (int) call.invokeExact(arena.allocateFrom(name), value), name);
        } catch (Throwable e) {
            throw new AssertionError("simcuda_control " + name, e);
        }
    }
}
