package dev.earshot.bench.jmh;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The one switch of the simulated device that benchmarks of launches need; the device's library is loaded. */
final class SimulatedDevice {
    private SimulatedDevice() {}

    /**
     * Makes a simulated device count launches and drop them, so that only their cost on the host is left. A card has no
     * such switch: nothing happens there.
     */
    @SuppressWarnings("restricted") // the library that the backend has loaded
    static void dropLaunches(String backendName) {
        if (!backendName.startsWith("simcuda")) {
            return;
        }
        MemorySegment address =
                SymbolLookup.loaderLookup().find("simcuda_control").orElseThrow();
        MethodHandle control = Linker.nativeLinker()
                .downcallHandle(
                        address,
                        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        try (Arena arena = Arena.ofConfined()) {
            int status = (int) control.invokeExact(arena.allocateFrom("launch"), 0L);
            if (status != 0) {
                throw new IllegalStateException("simcuda_control launch: expected status 0, got " + status);
            }
        } catch (Throwable e) {
            throw new IllegalStateException("simcuda_control launch", e);
        }
    }
}
