package dev.earshot.bindings;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The two OpenMP calls that decide how many threads oneDNN uses. They come with the GNU libgomp that
 * {@link NativeLibraries#loadOneDnn()} loads; call that first.
 *
 * <p>The setting belongs to the calling thread: every thread that creates or executes oneDNN primitives must make it.
 */
public final class OpenMp {
    private OpenMp() {}

    /** Looked up on first use, so that this class loads on a machine without the library. */
    private static final class Calls {
        static final MethodHandle SET_NUM_THREADS =
                link("omp_set_num_threads", FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT));
        static final MethodHandle GET_MAX_THREADS =
                link("omp_get_max_threads", FunctionDescriptor.of(ValueLayout.JAVA_INT));

        private static MethodHandle link(String name, FunctionDescriptor type) {
            return Linker.nativeLinker()
                    .downcallHandle(
                            SymbolLookup.loaderLookup()
                                    .find(name)
                                    .orElseThrow(() -> new UnsatisfiedLinkError("unresolved symbol: " + name)),
                            type);
        }
    }

    /**
     * Sets the number of threads of the parallel regions that the calling thread opens from now on.
     *
     * @param threads at least 1
     * @throws IllegalArgumentException if it is less
     */
    public static void setNumThreads(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("setNumThreads: expected at least 1, got " + threads);
        }
        try {
            Calls.SET_NUM_THREADS.invokeExact(threads);
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a C function throws nothing", e);
        }
    }

    /** Number of threads that a parallel region of the calling thread would use. */
    public static int maxThreads() {
        try {
            return (int) Calls.GET_MAX_THREADS.invokeExact();
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a C function throws nothing", e);
        }
    }
}
