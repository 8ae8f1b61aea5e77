package dev.earshot.tensor.cpu;

import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/**
 * An F32 right operand of several products: a transposed one is packed where that pays; rows are read where they lie, since
 * packing those for one or two products gains nothing.
 */
final class RightOperand implements AutoCloseable {
    private final Optional<OperandPacking> packing;
    private final Products.Layout layout;
    private MemorySegment current;

    /** For matrices [rows, columns] laid out as {@code plain} anywhere in {@code view}. */
    RightOperand(Binder binder, Worker worker, View view, long rows, long columns, Products.Layout plain) {
        boolean packs = plain.columnStride() != 1 && Products.packingPays(view.dtype());
        this.packing =
                packs ? Optional.of(OperandPacking.of(binder, worker, view, rows, columns, plain)) : Optional.empty();
        this.layout = packs ? Products.Layout.PACKED : plain;
        this.current = NativeMemory.pointer(packs ? packing.get().packed() : view.address());
    }

    /** As the products read it. */
    Products.Layout layout() {
        return layout;
    }

    /** Takes the matrix at {@code source} for the products that follow. */
    void set(MemorySegment source) {
        if (packing.isPresent()) {
            packing.get().run(source);
        } else {
            current = source;
        }
    }

    /** Where the products find it. */
    MemorySegment address() {
        return current;
    }

    @Override
    public void close() {
        packing.ifPresent(OperandPacking::close);
    }
}
