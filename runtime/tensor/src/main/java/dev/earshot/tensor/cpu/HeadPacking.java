package dev.earshot.tensor.cpu;

import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;

/**
 * Keys and values of one head, packed before its tiles.
 *
 * @param keys k^T
 * @param values v
 */
record HeadPacking(OperandPacking keys, OperandPacking values) implements Task {
    /** For heads of k [B, Nk, heads * hd] and v [B, Nk, heads * hdv]; both F32. */
    static HeadPacking of(Binder binder, Worker worker, View k, View v, int heads) {
        Products.Layout turned = Products.Layout.columns(Products.rowStride(k));
        Products.Layout rows = Products.Layout.rows(Products.rowStride(v));
        return new HeadPacking(
                OperandPacking.of(binder, worker, k, k.dim(2) / heads, k.dim(1), turned),
                OperandPacking.of(binder, worker, v, v.dim(1), v.dim(2) / heads, rows));
    }

    long packedKeys() {
        return keys.packed();
    }

    long packedValues() {
        return values.packed();
    }

    /** Packs the head whose keys and values are at these addresses. */
    Task head(long keyAddress, long valueAddress) {
        MemorySegment k = NativeMemory.pointer(keyAddress);
        MemorySegment v = NativeMemory.pointer(valueAddress);
        return () -> {
            keys.run(k);
            values.run(v);
        };
    }

    @Override
    public void run() {
        keys.run();
        values.run();
    }

    @Override
    public void close() {
        keys.close();
        values.close();
    }
}
