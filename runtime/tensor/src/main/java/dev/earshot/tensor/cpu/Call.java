package dev.earshot.tensor.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.bindings.onednn.dnnl_exec_arg_t;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A primitive with its arguments, bound to one worker: running it is one native call (about a microsecond of overhead) and
 * allocates nothing. Holds the primitive until it is closed.
 */
final class Call implements Task {
    private final Primitive primitive;
    private final MemorySegment handle;
    private final MemorySegment stream;
    private final NativeMemory block;
    private final MemorySegment arguments;
    private final MemorySegment[] memories;
    private boolean closed;

    private Call(Worker worker, Primitive primitive, List<Argument> arguments) {
        this.primitive = primitive;
        this.handle = primitive.handle();
        this.stream = worker.stream();
        this.memories = new MemorySegment[arguments.size()];
        long record = dnnl_exec_arg_t.sizeof();
        this.block = NativeMemory.allocate(record * arguments.size());
        this.arguments = NativeMemory.pointer(block.address());
        for (int i = 0; i < memories.length; i++) {
            Argument argument = arguments.get(i);
            memories[i] = worker.onednn()
                    .createMemory(primitive.argumentDesc(argument.id()), NativeMemory.pointer(argument.address()));
            // As numbers: the generated accessors of this record would be linked for it alone, some 20 ms of every
            // start.
            long slot = block.address() + record * i;
            NativeMemory.ALL.set(JAVA_INT, slot + dnnl_exec_arg_t.arg$offset(), argument.id());
            NativeMemory.ALL.set(JAVA_LONG, slot + dnnl_exec_arg_t.memory$offset(), memories[i].address());
        }
        primitive.hold();
    }

    private record Argument(int id, long address) {}

    /** Collects the arguments of a call. */
    static final class Builder {
        private final Worker worker;
        private final Primitive primitive;
        private final List<Argument> arguments = new ArrayList<>();

        private Builder(Worker worker, Primitive primitive) {
            this.worker = worker;
            this.primitive = primitive;
        }

        /** Adds the argument {@code DNNL_ARG_…}; its position is what {@link Call#point} takes. */
        Builder with(int id, long address) {
            arguments.add(new Argument(id, address));
            return this;
        }

        Call bind() {
            arguments.add(new Argument(dnnl.DNNL_ARG_SCRATCHPAD(), worker.scratchpad(primitive.scratchpadBytes())));
            return new Call(worker, primitive, arguments);
        }
    }

    static Builder of(Worker worker, Primitive primitive) {
        return new Builder(worker, primitive);
    }

    /** Argument id of the operand of post-operation {@code index}. */
    static int postOperand(int index) {
        return dnnl.DNNL_ARG_ATTR_MULTIPLE_POST_OP_BASE() * (index + 1) | dnnl.DNNL_ARG_SRC_1();
    }

    /** Lets the argument added as number {@code position} read or write elsewhere. */
    void point(int position, MemorySegment address) {
        OneDnn.check("memory_set_data_handle", dnnl.dnnl_memory_set_data_handle(memories[position], address));
    }

    @Override
    public void run() {
        int status = dnnl.dnnl_primitive_execute(handle, stream, memories.length, arguments);
        if (status != 0) {
            throw new DnnlException("primitive_execute", status);
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        for (MemorySegment memory : memories) {
            OneDnn.check("memory_destroy", dnnl.dnnl_memory_destroy(memory));
        }
        block.close();
        primitive.letGo();
    }
}
