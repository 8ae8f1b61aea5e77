package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A convolution's weight, kept row-major and, for each way it has been used, in the layout that oneDNN chose for that image
 * size and share of channels. Memory belongs to the parameter scope.
 *
 * @param owner where it may be used
 * @param weightShape [out, in / groups, kernelHeight, kernelWidth]
 * @param options geometry
 * @param computeType type of x
 * @param packedType type of the weights: F32 also for BF16 where the processor has no BF16 product
 * @param weights address of the row-major F32 weight, rounded to the compute type
 * @param bias address of F32 [out], or 0
 * @param packed the layouts made so far
 */
record PackedConvolution(
        CpuParameters owner,
        Shape weightShape,
        ConvolutionOptions options,
        DType computeType,
        DType packedType,
        long weights,
        long bias,
        List<Packed> packed)
        implements Convolution {

    /** Output channels [from, to) in one layout. */
    record Packed(long from, long to, MemoryDesc layout, long address) {}

    /** Weight of output channels [from, to) as {@code primitive} wants it. */
    long packedFor(Worker worker, Primitive primitive, long from, long to) {
        MemoryDesc wanted = MemoryDesc.copyOf(primitive.argumentDesc(dnnl.DNNL_ARG_WEIGHTS()));
        for (Packed known : packed) {
            if (known.from() == from && known.to() == to && known.layout().sameAs(wanted)) {
                wanted.close();
                return known.address();
            }
        }
        long address = owner.allocatePacked(wanted.bytes());
        try (MemoryDesc plain = MemoryDesc.dense(DType.F32, weightDims(from, to));
                Primitive reorder = worker.onednn().reorder(plain, wanted);
                Call call = Call.of(worker, reorder)
                        .with(dnnl.DNNL_ARG_FROM(), weights + 4 * from * perOutput())
                        .with(dnnl.DNNL_ARG_TO(), address)
                        .bind()) {
            call.run();
        }
        Packed fresh = new Packed(from, to, wanted, address);
        packed.add(fresh);
        owner.own(fresh.layout());
        return address;
    }

    /** Sizes of the weight of output channels [from, to) as oneDNN counts them, with a leading axis for several groups. */
    long[] weightDims(long from, long to) {
        Shape w = weightShape;
        long perGroup = w.dim(0) / options.groups();
        return options.groups() == 1
                ? new long[] {to - from, w.dim(1), w.dim(2), w.dim(3)}
                : new long[] {(to - from) / perGroup, perGroup, w.dim(1), w.dim(2), w.dim(3)};
    }

    private long perOutput() {
        return weightShape.dim(1) * weightShape.dim(2) * weightShape.dim(3);
    }

    /** Output channels that must stay together in a share: those of a group, or a register block of them. */
    long outputUnit() {
        return options.groups() == 1 ? 16 : weightShape.dim(0) / options.groups();
    }

    static PackedConvolution of(
            CpuParameters owner,
            Shape weightShape,
            ConvolutionOptions options,
            DType compute,
            DType packedType,
            long weights,
            long bias) {
        return new PackedConvolution(
                owner, weightShape, options, compute, packedType, weights, bias, new ArrayList<>());
    }

    @Override
    public String toString() {
        return "convolution %s %s %s".formatted(computeType, weightShape, options);
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
