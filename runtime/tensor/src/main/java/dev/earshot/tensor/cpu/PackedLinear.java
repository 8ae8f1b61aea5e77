package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import java.util.List;
import java.util.Optional;

/**
 * The weight of a linear layer, cut into column slices of y and each slice in the layout that oneDNN's product prefers. A
 * worker computes whole slices, and rows are shared between workers where there are fewer slices than workers. Memory
 * belongs to the parameter scope.
 *
 * @param owner where it may be used
 * @param inputWidth columns of x
 * @param outputWidth columns of y
 * @param computeType type of x
 * @param packedType type of the packed weights: F32 also for BF16 where the processor has no BF16 product
 * @param bias address of F32 [outputWidth], or 0
 * @param slices in order of columns
 */
record PackedLinear(
        CpuParameters owner,
        long inputWidth,
        long outputWidth,
        DType computeType,
        DType packedType,
        long bias,
        List<Slice> slices)
        implements CpuLinear {

    /** Type of the operands in the product, and that in which the weights are kept for it. */
    record Types(DType compute, DType packed) {}

    /** Columns [from, to) of y: the address of their weights and how they lie there. */
    record Slice(long from, long to, MemoryDesc layout, long weights) {
        long width() {
            return to - from;
        }

        /** Bytes from the weights of one column to those of the next; only with {@link #narrowBlocks}. */
        long columnBytes() {
            return layout.bytes() / ((width() + NARROW_BLOCK - 1) / NARROW_BLOCK * NARROW_BLOCK);
        }
    }

    /** Columns of a block in the layout of {@link Isa#prefersNarrowBlocks()}. */
    private static final long NARROW_BLOCK = 32;

    /** Rows for which the layout is chosen: a transformer's token count. Other row counts accept the same layout. */
    private static final long TYPICAL_ROWS = 256;

    /** Slices begin at multiples of this many columns, the widest block of oneDNN's layouts. */
    private static final long COLUMN_UNIT = 64;

    /** Narrower slices lose more in each product than the sharing gains. */
    private static final long NARROWEST = 128;

    /** Number of slices for a team: a divisor of its size, so that the rest can share rows evenly. */
    static int slices(long outputWidth, int workers) {
        for (int slices = workers; slices > 1; slices--) {
            if (workers % slices == 0 && outputWidth >= slices * NARROWEST) {
                return slices;
            }
        }
        return 1;
    }

    /** Columns [from, to) of a layer of {@code in} inputs, with room for their weights out of {@code memory}. */
    static Slice slice(Binder binder, Scratch memory, long in, DType packedType, long from, long to) {
        MemoryDesc layout = layout(binder, in, to - from, packedType);
        return new Slice(from, to, layout, memory.allocate(layout.bytes()));
    }

    /** Adds the step that writes the weight as F32 [in, out], that is W^T, to {@code target}. */
    void unpack(Binder binder, long target) {
        Task[] tasks = new Task[slices.size()];
        for (int i = 0; i < tasks.length; i++) {
            Slice slice = slices.get(i);
            Worker worker = binder.worker(i);
            Primitive reorder =
                    binder.primitive(new UnpackKey(inputWidth, outputWidth, slice.width(), packedType), () -> {
                        long[] dims = {inputWidth, slice.width()};
                        try (MemoryDesc plain = MemoryDesc.strided(DType.F32, dims, new long[] {outputWidth, 1})) {
                            return binder.onednn().reorder(slice.layout(), plain);
                        }
                    });
            tasks[i] = () -> reorder(worker, reorder, slice.weights(), target + 4 * slice.from());
        }
        binder.add("unpack " + this, 0, tasks);
    }

    static void reorder(Worker worker, Primitive reorder, long source, long target) {
        try (Call call = Call.of(worker, reorder)
                .with(dnnl.DNNL_ARG_FROM(), source)
                .with(dnnl.DNNL_ARG_TO(), target)
                .bind()) {
            call.run();
        }
    }

    /** The layout of a packed [in, width]; see {@link Isa#prefersNarrowBlocks()}. */
    private static MemoryDesc layout(Binder binder, long in, long width, DType type) {
        if (narrowBlocks(type)) {
            return narrowLayout(type, in, width);
        }
        Primitive chooser =
                binder.primitive(new LayoutKey(in, width, type), () -> chooser(binder.onednn(), in, width, type));
        return MemoryDesc.copyOf(chooser.argumentDesc(dnnl.DNNL_ARG_WEIGHTS()));
    }

    /** True if weights of this type are kept in blocks of 16 rows and 32 columns, column after column of blocks. */
    static boolean narrowBlocks(DType type) {
        return type == DType.F32 && Isa.effective().prefersNarrowBlocks();
    }

    /** That layout: a range of its blocks is the layout of these columns alone. */
    static MemoryDesc narrowLayout(DType type, long in, long width) {
        return MemoryDesc.tagged(type, dnnl.dnnl_BA16a32b(), in, width);
    }

    private static Primitive chooser(OneDnn onednn, long in, long width, DType type) {
        try (MemoryDesc src = MemoryDesc.dense(type, TYPICAL_ROWS, in);
                MemoryDesc any = MemoryDesc.any(type, in, width);
                MemoryDesc bias = MemoryDesc.dense(DType.F32, 1, width);
                MemoryDesc dst = MemoryDesc.dense(DType.F32, TYPICAL_ROWS, width)) {
            return onednn.matmul(src, any, bias, dst, Epilogue.NONE, MemoryDesc.NONE);
        }
    }

    /** Boundary between slices {@code index - 1} and {@code index}. */
    static long boundary(long outputWidth, int index, int slices) {
        return Binder.split(outputWidth, index, slices, COLUMN_UNIT);
    }

    private record LayoutKey(long in, long width, DType type) {}

    private record UnpackKey(long in, long out, long width, DType type) {}

    @Override
    public Op forward(View x, Activation activation, Optional<View> residual, View out) {
        return new LinearOp(x, this, activation, residual, out);
    }

    @Override
    public String toString() {
        return "linear %s [%d, %d]".formatted(computeType, outputWidth, inputWidth);
    }

    @Override
    public boolean equals(Object other) {
        return this == other; // a handle: two layers with equal contents are two layers
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }
}
