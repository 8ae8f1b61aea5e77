package dev.earshot.bench.startup;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** Memory that has no pages yet and asks for huge ones, as packed weights do. Linux. */
@SuppressWarnings("restricted") // C memory, since an arena's would be zeroed
final class FreshMemory implements AutoCloseable {
    private static final long HUGE_PAGE = 2L << 20;
    private static final int MADV_HUGEPAGE = 14; // linux/mman.h

    private static final MethodHandle ALIGNED_ALLOC = link(
            "aligned_alloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = link("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    private static final MethodHandle MADVISE = link(
            "madvise",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

    private final MemorySegment segment;

    private FreshMemory(MemorySegment segment) {
        this.segment = segment;
    }

    static FreshMemory allocate(long bytes) {
        long size = (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
        try {
            MemorySegment start = (MemorySegment) ALIGNED_ALLOC.invokeExact(HUGE_PAGE, size);
            if (start.address() == 0) {
                throw new OutOfMemoryError("cannot allocate %d bytes of native memory".formatted(size));
            }
            int status = (int) MADVISE.invokeExact(start, size, MADV_HUGEPAGE);
            if (status != 0) {
                throw new IllegalStateException("madvise: expected huge pages to be known here, got a refusal");
            }
            return new FreshMemory(start.reinterpret(size));
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        try {
            FREE.invokeExact(segment);
        } catch (Throwable e) {
            throw rethrown(e);
        }
    }

    private static RuntimeException rethrown(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException runtime ? runtime : new IllegalStateException(thrown);
    }

    private static MethodHandle link(String name, FunctionDescriptor type) {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), type);
    }
}
