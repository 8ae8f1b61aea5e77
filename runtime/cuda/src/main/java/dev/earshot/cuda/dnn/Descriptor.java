package dev.earshot.cuda.dnn;

import dev.earshot.bindings.cudnn.cudnn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * A descriptor of cuDNN's graph API: created, given attributes, finalised. It keeps the descriptors it refers to open and
 * closes them with itself.
 */
final class Descriptor implements AutoCloseable {
    private final MemorySegment handle;
    private final String what;
    private final List<Descriptor> parts = new ArrayList<>();
    private boolean closed;

    /** A new descriptor of a CUDNN_BACKEND_*_DESCRIPTOR kind; {@code what} names it in errors. */
    Descriptor(int kind, String what) {
        this.what = what;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ValueLayout.ADDRESS);
            Cudnn.check("cudnnBackendCreateDescriptor", cudnn.cudnnBackendCreateDescriptor(kind, out), what);
            this.handle = out.get(ValueLayout.ADDRESS, 0);
        }
    }

    MemorySegment handle() {
        return handle;
    }

    private Descriptor set(int attribute, int type, long count, MemorySegment values) {
        Cudnn.check(
                "cudnnBackendSetAttribute " + attribute,
                cudnn.cudnnBackendSetAttribute(handle, attribute, type, count, values),
                what);
        return this;
    }

    Descriptor longs(int attribute, long... values) {
        try (Arena arena = Arena.ofConfined()) {
            return set(
                    attribute,
                    cudnn.CUDNN_TYPE_INT64(),
                    values.length,
                    arena.allocateFrom(ValueLayout.JAVA_LONG, values));
        }
    }

    /** An enumeration of 4 bytes, of attribute type {@code type}. */
    Descriptor choice(int attribute, int type, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(attribute, type, 1, arena.allocateFrom(ValueLayout.JAVA_INT, value));
        }
    }

    Descriptor flag(int attribute, boolean value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(attribute, cudnn.CUDNN_TYPE_BOOLEAN(), 1, arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte)
                    (value ? 1 : 0)));
        }
    }

    Descriptor real(int attribute, float value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(attribute, cudnn.CUDNN_TYPE_FLOAT(), 1, arena.allocateFrom(ValueLayout.JAVA_FLOAT, value));
        }
    }

    Descriptor pointers(int attribute, int type, MemorySegment... values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = arena.allocate(ValueLayout.ADDRESS, values.length);
            for (int i = 0; i < values.length; i++) {
                array.setAtIndex(ValueLayout.ADDRESS, i, values[i]);
            }
            return set(attribute, type, values.length, array);
        }
    }

    /** Refers to other descriptors, which from now on are closed with this one. */
    Descriptor parts(int attribute, Descriptor... values) {
        MemorySegment[] handles = new MemorySegment[values.length];
        for (int i = 0; i < values.length; i++) {
            handles[i] = values[i].handle;
            parts.add(values[i]);
        }
        return pointers(attribute, cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR(), handles);
    }

    Descriptor complete() {
        Cudnn.check("cudnnBackendFinalize", tryComplete(), what);
        return this;
    }

    /** The status of finalising, for kinds that may well not be supported. */
    int tryComplete() {
        return cudnn.cudnnBackendFinalize(handle);
    }

    long getLong(int attribute) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            get(attribute, cudnn.CUDNN_TYPE_INT64(), 1, count, value);
            return value.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /** Up to {@code most} enumeration values of 4 bytes. */
    int[] getChoices(int attribute, int type, int most) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment values = arena.allocate(ValueLayout.JAVA_INT, most);
            get(attribute, type, most, count, values);
            int[] choices = new int[(int) Math.min(most, count.get(ValueLayout.JAVA_LONG, 0))];
            MemorySegment.copy(values, ValueLayout.JAVA_INT, 0, choices, 0, choices.length);
            return choices;
        }
    }

    /** Fills given descriptors of the right kind; returns how many there were. */
    int getParts(int attribute, List<Descriptor> into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(ValueLayout.JAVA_LONG);
            MemorySegment array = arena.allocate(ValueLayout.ADDRESS, into.size());
            for (int i = 0; i < into.size(); i++) {
                array.setAtIndex(ValueLayout.ADDRESS, i, into.get(i).handle);
            }
            get(attribute, cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR(), into.size(), count, array);
            return (int) Math.min(into.size(), count.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    private void get(int attribute, int type, long most, MemorySegment count, MemorySegment values) {
        Cudnn.check(
                "cudnnBackendGetAttribute " + attribute,
                cudnn.cudnnBackendGetAttribute(handle, attribute, type, most, count, values),
                what);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            cudnn.cudnnBackendDestroyDescriptor(handle);
            parts.forEach(Descriptor::close);
        }
    }
}
