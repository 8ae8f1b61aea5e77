package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A oneDNN memory descriptor: type, sizes and layout of a block. Owned by whoever creates it. */
final class MemoryDesc implements AutoCloseable {
    /** Stands for an operand that an op does not have. */
    static final MemoryDesc NONE = new MemoryDesc(MemorySegment.NULL);

    private final MemorySegment handle;
    private boolean closed;

    private MemoryDesc(MemorySegment handle) {
        this.handle = handle;
    }

    /** Explicit strides, in elements. */
    static MemoryDesc strided(DType dtype, long[] dims, long[] strides) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            OneDnn.check(
                    "memory_desc_create_with_strides",
                    dnnl.dnnl_memory_desc_create_with_strides(
                            out,
                            dims.length,
                            arena.allocateFrom(ValueLayout.JAVA_LONG, dims),
                            OneDnn.dataType(dtype),
                            arena.allocateFrom(ValueLayout.JAVA_LONG, strides)));
            return new MemoryDesc(out.get(ValueLayout.ADDRESS, 0));
        }
    }

    /** Row-major and without gaps. */
    static MemoryDesc dense(DType dtype, long... dims) {
        long[] strides = new long[dims.length];
        long step = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = step;
            step *= dims[i];
        }
        return strided(dtype, dims, strides);
    }

    /** A layout for the primitive to choose. */
    static MemoryDesc any(DType dtype, long... dims) {
        return tagged(dtype, dnnl.dnnl_format_tag_any(), dims);
    }

    /** A layout that oneDNN has a name for. */
    static MemoryDesc tagged(DType dtype, int tag, long... dims) {
        return tagged(OneDnn.dataType(dtype), tag, dims);
    }

    /** Signed 8-bit integers, which no tensor holds, in a layout that oneDNN has a name for. */
    static MemoryDesc int8(int tag, long... dims) {
        return tagged(dnnl.dnnl_s8(), tag, dims);
    }

    private static MemoryDesc tagged(int type, int tag, long[] dims) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            OneDnn.check(
                    "memory_desc_create_with_tag",
                    dnnl.dnnl_memory_desc_create_with_tag(
                            out, dims.length, arena.allocateFrom(ValueLayout.JAVA_LONG, dims), type, tag));
            return new MemoryDesc(out.get(ValueLayout.ADDRESS, 0));
        }
    }

    /** A copy of a descriptor that belongs to a primitive. */
    static MemoryDesc copyOf(MemorySegment borrowed) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            OneDnn.check("memory_desc_clone", dnnl.dnnl_memory_desc_clone(out, borrowed));
            return new MemoryDesc(out.get(ValueLayout.ADDRESS, 0));
        }
    }

    MemorySegment handle() {
        return handle;
    }

    long bytes() {
        return dnnl.dnnl_memory_desc_get_size(handle);
    }

    boolean sameAs(MemoryDesc other) {
        return dnnl.dnnl_memory_desc_equal(handle, other.handle) != 0;
    }

    @Override
    public void close() {
        if (!closed && this != NONE) {
            closed = true;
            OneDnn.check("memory_desc_destroy", dnnl.dnnl_memory_desc_destroy(handle));
        }
    }
}
