package dev.earshot.tensor.cpu;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.HostMemory;
import dev.earshot.tensor.internal.LeakRegistry;
import dev.earshot.tensor.internal.NativeMemory;
import dev.earshot.tensor.internal.WeightChecks;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Packed weights of the CPU backend: native memory and oneDNN layouts, all freed by {@link #close}. */
final class CpuParameters implements ParameterScope {
    /** Weights share blocks that are large enough for huge pages, which a pass over gigabytes of them is glad of. */
    private static final long PACKED_BLOCK = 32L << 20;

    private final HostMemory memory = new HostMemory("parameter scope");
    private final LeakRegistry.Handle leak = LeakRegistry.track("parameter scope of the cpu backend");
    private final List<Runnable> releases = new ArrayList<>();
    private final Scratch packed = new Scratch(PACKED_BLOCK);
    private final Map<PackedLinear, PackedLinear> transposed = new HashMap<>();
    private final CpuBackend backend;
    private long heapBytes;

    CpuParameters(CpuBackend backend) {
        this.backend = backend;
    }

    CpuBackend backend() {
        return backend;
    }

    /** Fails if this scope is closed. */
    void ensureOpen(String call) {
        memory.ensureOpen(call);
    }

    @Override
    public Tensor tensor(HostTensor source, DType dtype) {
        WeightChecks.tensor(source, dtype);
        long bytes = Math.multiplyExact(source.shape().elements(), dtype.bytes());
        Tensor tensor = Tensor.of(memory.storage(memory.allocate(bytes)), 0, dtype, source.shape());
        HostCopies.upload(source, View.of(tensor));
        return tensor;
    }

    @Override
    public Linear linear(HostTensor weight, HostTensor bias, DType compute) {
        WeightChecks.linear(weight, compute);
        WeightChecks.bias("linear", weight, bias);
        return pack(weight, Optional.of(bias), compute);
    }

    @Override
    public Linear linear(HostTensor weight, DType compute) {
        WeightChecks.linear(weight, compute);
        return pack(weight, Optional.empty(), compute);
    }

    private Linear pack(HostTensor weight, Optional<HostTensor> bias, DType compute) {
        Optional<DynamicInt8> rule = backend.int8()
                .filter(int8 ->
                        int8.covers(weight.shape().dim(1), weight.shape().dim(0), compute));
        return rule.isPresent() ? packInt8(weight, bias, rule.get()) : packLinear(weight, bias, compute);
    }

    private Int8Linear packInt8(HostTensor weight, Optional<HostTensor> bias, DynamicInt8 rule) {
        memory.ensureOpen("linear");
        return backend.exclusively("linear", () -> {
            long in = weight.shape().dim(1);
            long out = weight.shape().dim(0);
            Binder binder = backend.binder();
            float[] biases = bias.map(HostTensor::toFloats).orElseGet(() -> new float[Math.toIntExact(out)]);
            List<Int8Linear.Panel> panels = new Int8Packing(binder, rule, weight, biases).bind(this, packed);
            backend.runOnce(binder);
            heapBytes += 3L * Float.BYTES * out; // scales, sums, biases
            return new Int8Linear(this, in, out, List.copyOf(panels));
        });
    }

    private PackedLinear packLinear(HostTensor weight, Optional<HostTensor> bias, DType compute) {
        memory.ensureOpen("linear");
        return backend.exclusively("linear", () -> {
            Binder binder = backend.binder();
            long in = weight.shape().dim(1);
            long out = weight.shape().dim(0);
            PackedLinear.Types types = new PackedLinear.Types(compute, packedType(compute));
            int count = in > 0 && out > 0 ? PackedLinear.slices(out, binder.workers()) : 0;
            List<PackedLinear.Slice> slices = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                long from = PackedLinear.boundary(out, i, count);
                long to = PackedLinear.boundary(out, i + 1, count);
                PackedLinear.Slice slice = PackedLinear.slice(binder, packed, in, types.packed(), from, to);
                own(slice.layout());
                slices.add(slice);
            }
            LinearPacking.bind(binder, weight, types, slices);
            backend.runOnce(binder);
            return new PackedLinear(this, in, out, compute, types.packed(), floats(bias), List.copyOf(slices));
        });
    }

    /**
     * The layer without bias whose product is x W instead of x W^T, for the backward pass. Made at first use, since most
     * layers never need it: it takes as much memory as the layer itself.
     */
    PackedLinear transposed(PackedLinear layer) {
        PackedLinear known = transposed.get(layer);
        if (known == null) {
            known = backend.exclusively("linear", () -> transpose(layer));
            transposed.put(layer, known);
        }
        return known;
    }

    private PackedLinear transpose(PackedLinear layer) {
        long in = layer.inputWidth();
        long out = layer.outputWidth();
        try (NativeMemory plain = NativeMemory.allocate(4 * in * out)) {
            Binder binder = backend.binder();
            layer.unpack(binder, plain.address());
            backend.runOnce(binder);
            MemorySegment weight = NativeMemory.ALL.asSlice(plain.address(), 4 * in * out);
            return packLinear(
                    new HostTensor(weight, DType.F32, Shape.of(in, out)), Optional.empty(), layer.computeType());
        }
    }

    /** Room for packed weights of a layer of this scope. */
    long allocatePacked(long bytes) {
        return packed.allocate(bytes);
    }

    /** Takes the descriptor of packed weights over. */
    void own(MemoryDesc layout) {
        releases.add(layout::close);
    }

    /** Type in which weights for products of {@code compute} are kept. */
    DType packedType(DType compute) {
        return compute == DType.BF16 && backend.isNative(DType.BF16) ? DType.BF16 : DType.F32;
    }

    /** Address of F32 copies of the values, 0 for none. */
    long floats(Optional<HostTensor> values) {
        return values.map(source -> tensor(source, DType.F32).segment().address())
                .orElse(0L);
    }

    @Override
    public Convolution convolution(HostTensor weight, HostTensor bias, ConvolutionOptions options, DType compute) {
        WeightChecks.convolution(weight, options.groups(), compute);
        WeightChecks.bias("convolution", weight, bias);
        return keepConvolution(weight, Optional.of(bias), options, compute);
    }

    @Override
    public Convolution convolution(HostTensor weight, ConvolutionOptions options, DType compute) {
        WeightChecks.convolution(weight, options.groups(), compute);
        return keepConvolution(weight, Optional.empty(), options, compute);
    }

    private Convolution keepConvolution(
            HostTensor weight, Optional<HostTensor> bias, ConvolutionOptions options, DType compute) {
        memory.ensureOpen("convolution");
        MemorySegment plain = memory.allocate(4 * weight.shape().elements());
        HostCopies.weights(weight, compute, 0, weight.shape().elements(), plain.address());
        return PackedConvolution.of(
                this, weight.shape(), options, compute, packedType(compute), plain.address(), floats(bias));
    }

    @Override
    public long bytes() {
        return memory.isClosed() ? 0 : memory.bytes() + packed.used() + heapBytes;
    }

    @Override
    public void close() {
        if (memory.isClosed()) {
            return;
        }
        backend.exclusively("parameter scope close", () -> {
            backend.forget(this);
            releases.forEach(Runnable::run);
            releases.clear();
            packed.close();
            memory.close();
            leak.closed();
            return null;
        });
    }
}
