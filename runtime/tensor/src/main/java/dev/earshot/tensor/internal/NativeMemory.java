package dev.earshot.tensor.internal;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * A block of C memory: packed weights, scratch, argument arrays. Not zeroed, unlike an arena's, because a second pass over
 * gigabytes of weights is time; and without an arena's liveness check, which every native call would pay per pointer and
 * which the workers would contend for. Owned by whoever allocates it; close is idempotent.
 */
@SuppressWarnings("restricted") // this class is where raw memory is handled
public final class NativeMemory implements AutoCloseable {
    /** All memory as one segment: the row kernels address it absolutely, after the op's arguments were checked. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** A cache line, and the widest vector register. */
    public static final long ALIGNMENT = 64;

    private static final long HUGE_PAGE = 2L << 20;
    private static final int MADV_HUGEPAGE = 14; // linux/mman.h
    private static final boolean LINUX = "Linux".equals(System.getProperty("os.name"));

    private static final MethodHandle ALIGNED_ALLOC = link(
            "aligned_alloc", FunctionDescriptor.of(ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    private static final MethodHandle FREE = link("free", FunctionDescriptor.ofVoid(ValueLayout.ADDRESS));
    private static final MethodHandle MADVISE = link(
            "madvise",
            FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT));

    private final MemorySegment start;
    private final long bytes;
    private boolean closed;

    private NativeMemory(MemorySegment start, long bytes) {
        this.start = start;
        this.bytes = bytes;
    }

    /** At least {@code bytes} bytes, aligned to a cache line; large blocks are backed by huge pages where the system can. */
    public static NativeMemory allocate(long bytes) {
        boolean large = bytes >= 2 * HUGE_PAGE;
        long alignment = large ? HUGE_PAGE : ALIGNMENT;
        long size = Math.max(alignment, Math.addExact(bytes, alignment - 1) / alignment * alignment);
        try {
            MemorySegment start = (MemorySegment) ALIGNED_ALLOC.invokeExact(alignment, size);
            if (start.address() == 0) {
                throw new OutOfMemoryError("cannot allocate %d bytes of native memory".formatted(size));
            }
            if (large && LINUX) {
                // Faulting 4 KiB pages runs at 3 GB/s; the advice is a hint, so its status is of no interest.
                int ignored = (int) MADVISE.invokeExact(start, size, MADV_HUGEPAGE);
            }
            return new NativeMemory(start, size);
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a C function throws nothing", e);
        }
    }

    /** Where it begins. */
    public long address() {
        return start.address();
    }

    /** Its size, at least what was asked for. */
    public long bytes() {
        return bytes;
    }

    /** A pointer for native calls that needs no liveness check. */
    public static MemorySegment pointer(long address) {
        return MemorySegment.ofAddress(address);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            FREE.invokeExact(start);
        } catch (Error | RuntimeException e) {
            throw e;
        } catch (Throwable e) {
            throw new AssertionError("a C function throws nothing", e);
        }
    }

    private static MethodHandle link(String name, FunctionDescriptor type) {
        return Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker()
                                .defaultLookup()
                                .find(name)
                                .orElseThrow(() -> new UnsatisfiedLinkError("C library: no symbol " + name)),
                        type);
    }
}
