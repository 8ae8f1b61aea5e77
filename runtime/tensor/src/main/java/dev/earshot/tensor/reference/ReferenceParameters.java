package dev.earshot.tensor.reference;

import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import dev.earshot.tensor.internal.HostMemory;
import dev.earshot.tensor.internal.LeakRegistry;
import dev.earshot.tensor.internal.WeightChecks;
import java.util.Optional;

/** Weights of the reference backend: tensors in native memory, layers in Java arrays. */
final class ReferenceParameters implements ParameterScope {
    private final HostMemory memory = new HostMemory("parameter scope");
    private final LeakRegistry.Handle leak = LeakRegistry.track("parameter scope of the reference backend");
    private final ReferenceBackend backend;
    private long layerBytes;

    ReferenceParameters(ReferenceBackend backend) {
        this.backend = backend;
    }

    ReferenceBackend backend() {
        return backend;
    }

    void ensureOpen(String call) {
        memory.ensureOpen(call);
    }

    @Override
    public Tensor tensor(HostTensor source, DType dtype) {
        WeightChecks.tensor(source, dtype);
        long bytes = Math.multiplyExact(source.shape().elements(), dtype.bytes());
        Tensor tensor = Tensor.of(memory.storage(memory.allocate(bytes)), 0, dtype, source.shape());
        Elements.copy(source, tensor);
        if (backend.rounding() == Rounding.BF16 && dtype == DType.F32) {
            ElementwiseOps.copy(tensor, tensor, Rounding.BF16);
        }
        return tensor;
    }

    @Override
    public Linear linear(HostTensor weight, HostTensor bias, DType compute) {
        WeightChecks.linear(weight, compute);
        WeightChecks.bias("linear", weight, bias);
        return linear(weight, rounded(bias, DType.F32), compute);
    }

    @Override
    public Linear linear(HostTensor weight, DType compute) {
        WeightChecks.linear(weight, compute);
        return linear(weight, new float[Math.toIntExact(weight.shape().dim(0))], compute);
    }

    private Linear linear(HostTensor weight, float[] bias, DType compute) {
        memory.ensureOpen("linear");
        float[] values = operands(weight, compute);
        int out = Math.toIntExact(weight.shape().dim(0));
        int in = Math.toIntExact(weight.shape().dim(1));
        float[] transposed = new float[values.length];
        for (int o = 0; o < out; o++) {
            for (int i = 0; i < in; i++) {
                transposed[i * out + o] = values[o * in + i];
            }
        }
        layerBytes += 4L * (values.length + bias.length);
        Optional<Int8Product> int8 = backend.int8()
                .filter(rule -> rule.covers(in, out, compute))
                .map(rule -> Int8Product.of(values, out, rule));
        return new ReferenceLinear(this, in, out, compute, transposed, bias, int8);
    }

    @Override
    public Convolution convolution(HostTensor weight, HostTensor bias, ConvolutionOptions options, DType compute) {
        WeightChecks.convolution(weight, options.groups(), compute);
        WeightChecks.bias("convolution", weight, bias);
        return convolution(weight, rounded(bias, DType.F32), options, compute);
    }

    @Override
    public Convolution convolution(HostTensor weight, ConvolutionOptions options, DType compute) {
        WeightChecks.convolution(weight, options.groups(), compute);
        return convolution(weight, new float[Math.toIntExact(weight.shape().dim(0))], options, compute);
    }

    private Convolution convolution(HostTensor weight, float[] bias, ConvolutionOptions options, DType compute) {
        memory.ensureOpen("convolution");
        float[] values = operands(weight, compute);
        layerBytes += 4L * (values.length + bias.length);
        return new ReferenceConvolution(this, weight.shape(), options, compute, values, bias);
    }

    /** A layer's weight as its product sees it. */
    private float[] operands(HostTensor weight, DType compute) {
        float[] values = rounded(weight, compute);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) backend.rounding().operand(values[i]);
        }
        return values;
    }

    /** The values as they are kept: bf16 numbers if that is the compute type or the backend's rounding. */
    private float[] rounded(HostTensor source, DType compute) {
        float[] values = source.toFloats();
        if (compute == DType.BF16 || backend.rounding() == Rounding.BF16) {
            for (int i = 0; i < values.length; i++) {
                values[i] = Floats.roundBf16(values[i]);
            }
        }
        return values;
    }

    @Override
    public long bytes() {
        return memory.isClosed() ? 0 : memory.bytes() + layerBytes;
    }

    @Override
    public void close() {
        if (!memory.isClosed()) {
            memory.close();
            leak.closed();
            backend.childClosed();
        }
    }
}
