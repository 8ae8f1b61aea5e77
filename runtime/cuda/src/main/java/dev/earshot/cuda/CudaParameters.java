package dev.earshot.cuda;

import dev.earshot.cuda.blas.CudaLinear;
import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.DeviceChunks;
import dev.earshot.cuda.dnn.CudaConvolution;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.LeakRegistry;
import dev.earshot.tensor.internal.WeightChecks;
import java.util.Optional;

/** Weights on the card: uploaded once, converted there; linear and convolution weights stay in their file's layout. */
final class CudaParameters implements ParameterScope {
    private final LeakRegistry.Handle leak = LeakRegistry.track("parameter scope (cuda)");
    private final CudaBackend backend;
    private final CudaContext context;
    private final DeviceChunks memory;

    CudaParameters(CudaBackend backend, CudaContext context) {
        this.backend = backend;
        this.context = context;
        this.memory = new DeviceChunks(context, "parameter scope");
    }

    CudaBackend backend() {
        return backend;
    }

    void ensureOpen(String call) {
        memory.ensureOpen(call);
    }

    @Override
    public Tensor tensor(HostTensor source, DType dtype) {
        WeightChecks.tensor(source, dtype);
        memory.ensureOpen("tensor");
        return backend.exclusively("parameter tensor", () -> upload(source, dtype));
    }

    private Tensor upload(HostTensor source, DType dtype) {
        long bytes = Math.multiplyExact(source.shape().elements(), dtype.bytes());
        Tensor tensor = Tensor.of(memory.storage(memory.allocate(bytes), bytes), 0, dtype, source.shape());
        if (bytes > 0) {
            context.queue().beginOp();
            backend.write(source, tensor);
        }
        return tensor;
    }

    @Override
    public Linear linear(HostTensor weight, HostTensor bias, DType compute) {
        WeightChecks.linear(weight, compute);
        WeightChecks.bias("linear", weight, bias);
        return linear(weight, Optional.of(bias), compute);
    }

    @Override
    public Linear linear(HostTensor weight, DType compute) {
        WeightChecks.linear(weight, compute);
        return linear(weight, Optional.empty(), compute);
    }

    private Linear linear(HostTensor weight, Optional<HostTensor> bias, DType compute) {
        memory.ensureOpen("linear");
        return backend.exclusively(
                "linear",
                () -> new CudaLinear(
                        this,
                        weight.shape().dim(1),
                        weight.shape().dim(0),
                        compute,
                        address(weight, compute),
                        bias.map(b -> new CudaLinear.Bias(
                                address(b, DType.F32), compute == DType.BF16 ? address(b, DType.BF16) : 0))));
    }

    private long address(HostTensor source, DType dtype) {
        return context.address(upload(source, dtype));
    }

    @Override
    public Convolution convolution(HostTensor weight, HostTensor bias, ConvolutionOptions options, DType compute) {
        WeightChecks.convolution(weight, options.groups(), compute);
        WeightChecks.bias("convolution", weight, bias);
        return convolution(weight, Optional.of(bias), options, compute);
    }

    @Override
    public Convolution convolution(HostTensor weight, ConvolutionOptions options, DType compute) {
        WeightChecks.convolution(weight, options.groups(), compute);
        return convolution(weight, Optional.empty(), options, compute);
    }

    private Convolution convolution(
            HostTensor weight, Optional<HostTensor> bias, ConvolutionOptions options, DType compute) {
        memory.ensureOpen("convolution");
        return backend.exclusively(
                "convolution",
                () -> new CudaConvolution(
                        this,
                        weight.shape(),
                        options,
                        compute,
                        address(weight, compute),
                        bias.map(b -> address(b, DType.F32)).orElse(0L)));
    }

    @Override
    public long bytes() {
        return memory.bytes();
    }

    @Override
    public void close() {
        if (!memory.isClosed()) {
            backend.release(memory::close);
            leak.closed();
        }
    }
}
