package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The products of one worker: a call per shape of tile, pointed at one tile after the other. */
final class ProductShare {
    private final Binder binder;
    private final Worker worker;
    private final Map<Products.Key, Call> calls = new HashMap<>();
    private final List<Call> order = new ArrayList<>();
    private final List<MemorySegment> addresses = new ArrayList<>();

    ProductShare(Binder binder, Worker worker) {
        this.binder = binder;
        this.worker = worker;
    }

    void add(Products.Key key, long left, long right, long target) {
        Call call = calls.computeIfAbsent(
                key,
                k -> Call.of(worker, Products.primitive(binder, k))
                        .with(dnnl.DNNL_ARG_SRC(), left)
                        .with(dnnl.DNNL_ARG_WEIGHTS(), right)
                        .with(dnnl.DNNL_ARG_DST(), target)
                        .bind());
        order.add(call);
        addresses.add(NativeMemory.pointer(left));
        addresses.add(NativeMemory.pointer(right));
        addresses.add(NativeMemory.pointer(target));
    }

    Task task() {
        return order.isEmpty()
                ? Task.IDLE
                : new PointedCalls(
                        order.toArray(Call[]::new),
                        addresses.toArray(MemorySegment[]::new),
                        calls.values().toArray(Call[]::new));
    }

    /** Runs {@code order[i]} on the three addresses from {@code 3 i} on. */
    private record PointedCalls(Call[] order, MemorySegment[] addresses, Call[] owned) implements Task {
        @Override
        public void run() {
            for (int i = 0; i < order.length; i++) {
                order[i].point(0, addresses[3 * i]);
                order[i].point(1, addresses[3 * i + 1]);
                order[i].point(2, addresses[3 * i + 2]);
                order[i].run();
            }
        }

        @Override
        public void close() {
            for (Call call : owned) {
                call.close();
            }
        }
    }
}
