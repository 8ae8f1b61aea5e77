package dev.earshot.cuda.ops;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;

/** Takes the fused epilogues from the simulated cuBLASLt. */
final class SimulatedEpilogues {
    private SimulatedEpilogues() {}

    /** For kinds of products that were not planned before. */
    @SuppressWarnings("restricted") // the library that the backend under test has loaded before
    static void refuse(boolean refuses) {
        try (Arena arena = Arena.ofConfined()) {
            Path library = Path.of(System.getProperty("earshot.simcuda.dir"), "libcublasLt.so.13");
            MemorySegment function = SymbolLookup.libraryLookup(library, arena)
                    .find("simcublaslt_refuse_epilogues")
                    .orElseThrow();
            MethodHandle call =
                    Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
            call.invokeExact(refuses ? 1 : 0);
        } catch (Throwable e) {
            throw new AssertionError("simcublaslt_refuse_epilogues", e);
        }
    }
}
