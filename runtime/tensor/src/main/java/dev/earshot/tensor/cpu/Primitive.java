package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A compiled oneDNN primitive and its descriptor, without data. Executable by several workers at once, since each passes
 * its own scratchpad. Owned by the {@link PrimitiveCache}, which keeps it as long as a {@link Call} holds it.
 */
final class Primitive implements AutoCloseable {
    private static final AtomicInteger OPEN = new AtomicInteger();

    private final MemorySegment descriptor;
    private final MemorySegment handle;
    private final String implementation;
    private final long scratchpadBytes;
    private final AtomicInteger holders = new AtomicInteger(); // workers bind the calls of a packing on their own
    private boolean closed;

    /** Compiles the primitive that {@code descriptor} describes and takes the descriptor over. */
    @SuppressWarnings("restricted") // the name is a C string of unknown length
    Primitive(MemorySegment descriptor) {
        this.descriptor = descriptor;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            OneDnn.check("primitive_create", dnnl.dnnl_primitive_create(out, descriptor));
            this.handle = out.get(ValueLayout.ADDRESS, 0);
            OneDnn.check(
                    "primitive_desc_query",
                    dnnl.dnnl_primitive_desc_query(descriptor, dnnl.dnnl_query_impl_info_str(), 0, out));
            this.implementation =
                    out.get(ValueLayout.ADDRESS, 0).reinterpret(1024).getString(0);
        }
        this.scratchpadBytes = dnnl.dnnl_memory_desc_get_size(argumentDesc(dnnl.DNNL_ARG_SCRATCHPAD()));
        OPEN.incrementAndGet();
    }

    /** Primitives of all backends that are not closed. */
    static int open() {
        return OPEN.get();
    }

    /** Until as many calls of {@link #letGo()} this primitive must stay. */
    void hold() {
        holders.incrementAndGet();
    }

    void letGo() {
        holders.decrementAndGet();
    }

    boolean isHeld() {
        return holders.get() > 0;
    }

    MemorySegment handle() {
        return handle;
    }

    /** The library's name of the code chosen, for example {@code brg_matmul:avx2}; {@code ref} marks a slow fallback. */
    String implementation() {
        return implementation;
    }

    long scratchpadBytes() {
        return scratchpadBytes;
    }

    /** Descriptor of an execution argument; belongs to this primitive. */
    MemorySegment argumentDesc(int argument) {
        return dnnl.dnnl_primitive_desc_query_md(descriptor, dnnl.dnnl_query_exec_arg_md(), argument);
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        OPEN.decrementAndGet();
        OneDnn.check("primitive_destroy", dnnl.dnnl_primitive_destroy(handle));
        OneDnn.check("primitive_desc_destroy", dnnl.dnnl_primitive_desc_destroy(descriptor));
    }
}
