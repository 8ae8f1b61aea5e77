package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Quantises the weight of one layer and packs it, panel by panel; panels are shared between the workers. */
final class Int8Packing {
    /** Columns of y in a panel: its sums for a transformer's 257 rows fill the second-level cache of 512 KiB. */
    private static final long PANEL = 512;

    /** Panels begin at multiples of this many columns. */
    private static final long COLUMN_UNIT = 64;

    /** Rows for which the layout is chosen: a transformer's token count. Other row counts accept the same layout. */
    private static final long TYPICAL_ROWS = 256;

    private final Binder binder;
    private final DynamicInt8 rule;
    private final HostTensor weight;
    private final int in;
    private final int out;
    private final float[] biases;

    Int8Packing(Binder binder, DynamicInt8 rule, HostTensor weight, float[] biases) {
        this.binder = binder;
        this.rule = rule;
        this.weight = weight;
        this.in = Math.toIntExact(weight.shape().dim(1));
        this.out = Math.toIntExact(weight.shape().dim(0));
        this.biases = biases;
    }

    /** Adds the step that fills the panels; their layouts pass to {@code scope}, their memory is in {@code memory}. */
    List<Int8Linear.Panel> bind(CpuParameters scope, Scratch memory) {
        int slices = PackedLinear.slices(out, binder.workers());
        int count = (int) (((out + slices - 1) / slices + PANEL - 1) / PANEL); // the same in every slice
        List<Int8Linear.Panel> panels = new ArrayList<>();
        List<Task> tasks = new ArrayList<>();
        for (int slice = 0; slice < slices; slice++) {
            long first = Binder.split(out, slice, slices, COLUMN_UNIT);
            long width = Binder.split(out, slice + 1, slices, COLUMN_UNIT) - first;
            List<Task> share = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                int from = (int) (first + Binder.split(width, i, count, COLUMN_UNIT));
                int to = (int) (first + Binder.split(width, i + 1, count, COLUMN_UNIT));
                MemoryDesc layout = layout(to - from);
                scope.own(layout);
                Int8Linear.Panel panel = new Int8Linear.Panel(
                        from,
                        layout,
                        memory.allocate(layout.bytes()),
                        new float[to - from],
                        new int[to - from],
                        Arrays.copyOfRange(biases, from, to));
                panels.add(panel);
                share.add(packing(binder.worker(slice), panel));
            }
            tasks.add(Task.sequence(share.toArray(Task[]::new)));
        }
        binder.add("pack int8 " + weight.shape(), 0, tasks.toArray(Task[]::new));
        return panels;
    }

    private record LayoutKey(long in, long width) {}

    private record ReorderKey(long in, long width) {}

    private MemoryDesc layout(long width) {
        Primitive chooser = binder.primitive(new LayoutKey(in, width), () -> {
            try (MemoryDesc src = MemoryDesc.dense(DType.U8, TYPICAL_ROWS, in);
                    MemoryDesc any = MemoryDesc.int8(dnnl.dnnl_format_tag_any(), in, width);
                    MemoryDesc dst = MemoryDesc.dense(DType.I32, TYPICAL_ROWS, width)) {
                return binder.onednn().matmul(src, any, MemoryDesc.NONE, dst, Epilogue.NONE, MemoryDesc.NONE);
            }
        });
        return MemoryDesc.copyOf(chooser.argumentDesc(dnnl.DNNL_ARG_WEIGHTS()));
    }

    private Task packing(Worker worker, Int8Linear.Panel panel) {
        Primitive reorder = binder.primitive(new ReorderKey(in, panel.width()), () -> {
            try (MemoryDesc plain = MemoryDesc.int8(dnnl.dnnl_ba(), in, panel.width())) {
                return binder.onednn().reorder(plain, panel.layout());
            }
        });
        return () -> {
            try (NativeMemory plain = NativeMemory.allocate((long) in * panel.width())) {
                quantise(panel, plain.address());
                PackedLinear.reorder(worker, reorder, plain.address(), panel.weights());
            }
        };
    }

    /** Writes the panel's rows of the weight as integers, and their scales and sums. */
    private void quantise(Int8Linear.Panel panel, long target) {
        float[] row = new float[in];
        byte[] integers = new byte[in];
        RowRange range = new RowRange(in);
        try (NativeMemory piece = NativeMemory.allocate(4L * in)) {
            for (int channel = 0; channel < panel.width(); channel++) {
                HostCopies.weights(weight, DType.F32, (long) (panel.from() + channel) * in, in, piece.address());
                HeapRows.load(piece.address(), row, in);
                panel.scales()[channel] = Int8Rows.quantiseWeights(row, range, rule.weightLevels(), integers, in);
                panel.sums()[channel] = Int8Rows.sum(integers, in);
                MemorySegment.copy(integers, 0, ALL, ValueLayout.JAVA_BYTE, target + (long) channel * in, in);
            }
        }
    }
}
