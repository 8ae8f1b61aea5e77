package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import java.lang.ref.Reference;
import java.util.List;

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
        implements Linear {

    /** Columns [from, to) of y. */
    record Slice(long from, long to, MemoryDesc layout, NativeMemory weights) {
        long width() {
            return to - from;
        }
    }

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

    /** Packs columns [from, to) of y, that is these rows of the weight [out, in]. */
    static Slice pack(Binder binder, HostTensor weight, DType compute, DType packedType, long from, long to) {
        OneDnn onednn = binder.onednn();
        long in = weight.shape().dim(1);
        long width = to - from;
        Primitive chooser =
                binder.primitive(new LayoutKey(in, width, packedType), () -> chooser(onednn, in, width, packedType));
        MemoryDesc layout = MemoryDesc.copyOf(chooser.argumentDesc(dnnl.DNNL_ARG_WEIGHTS()));
        NativeMemory packed = NativeMemory.allocate(layout.bytes());
        Primitive reorder = binder.primitive(new ReorderKey(in, width, packedType), () -> {
            try (MemoryDesc plain = MemoryDesc.strided(DType.F32, new long[] {in, width}, new long[] {1, in})) {
                return onednn.reorder(plain, layout);
            }
        });
        Worker worker = binder.worker(0);
        if (HostCopies.packableInPlace(weight, compute)) {
            reorder(worker, reorder, weight.data().address() + 4 * from * in, packed);
            Reference.reachabilityFence(weight);
        } else {
            try (NativeMemory plain = NativeMemory.allocate(4 * in * width)) {
                HostCopies.weights(weight, compute, from * in, width * in, plain.address());
                reorder(worker, reorder, plain.address(), packed);
            }
        }
        return new Slice(from, to, layout, packed);
    }

    private static void reorder(Worker worker, Primitive reorder, long source, NativeMemory target) {
        try (Call call = Call.of(worker, reorder)
                .with(dnnl.DNNL_ARG_FROM(), source)
                .with(dnnl.DNNL_ARG_TO(), target.address())
                .bind()) {
            call.run();
        }
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

    private record ReorderKey(long in, long width, DType type) {}

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
