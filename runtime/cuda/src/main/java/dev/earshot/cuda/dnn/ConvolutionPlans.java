package dev.earshot.cuda.dnn;

import dev.earshot.bindings.cudnn.cudnn;
import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.PlanCache;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Plans of forward convolutions with F32 results, one per shape; found by cuDNN's heuristics and kept. */
public final class ConvolutionPlans implements AutoCloseable {
    private static final long[] IDS = {'x', 'w', 'y'};
    private static final int ALIGNMENT = 16;

    private final Cudnn library;
    private final Plan.Exactness f32;
    private final PlanCache<Key, Plan> plans;

    /** What a plan is for: shapes of input and weight, the window's options, type of the operands. */
    private record Key(Shape x, Shape weight, ConvolutionOptions options, DType dtype) {}

    public ConvolutionPlans(CudaContext context, Cudnn library) {
        this.library = library;
        this.plans = new PlanCache<>(context.queue(), Plan.MOST_KEPT);
        this.f32 = context.options().tf32() ? Plan.Exactness.FAST : Plan.Exactness.STRICT;
    }

    /**
     * Convolves if cuDNN can.
     *
     * @param x device address of the input [B, C, H, W], contiguous, of the layer's compute type
     * @param out device address of the result, contiguous, F32
     * @return false if there is no plan for these sizes; nothing was done then
     */
    public boolean run(CudaContext context, Shape xShape, long x, CudaConvolution layer, long out) {
        if ((x | out | layer.weight()) % ALIGNMENT != 0) {
            return false;
        }
        Key key = new Key(xShape, layer.weightShape(), layer.options(), layer.computeType());
        Optional<Plan> known = plans.find(key);
        Optional<Plan> plan = known != null ? known : plans.prepare(key, () -> plan(key));
        plan.ifPresent(found -> found.run(
                context.queue(),
                IDS,
                MemorySegment.ofAddress(x),
                MemorySegment.ofAddress(layer.weight()),
                MemorySegment.ofAddress(out)));
        return plan.isPresent();
    }

    private Optional<Plan> plan(Key key) {
        String what = "conv2d %s * %s %s %s".formatted(key.x, key.weight, key.options, key.dtype);
        Descriptor operation = operation(key, what);
        if (operation.tryComplete() != cudnn.CUDNN_STATUS_SUCCESS()) {
            operation.close();
            return Optional.empty();
        }
        return Plan.of(library, operation, key.dtype == DType.F32 ? f32 : Plan.Exactness.FAST, what);
    }

    private static Descriptor operation(Key key, String what) {
        ConvolutionOptions o = key.options;
        Shape y = new CudaConvolution("", key.weight, o, key.dtype, 0, 0).outputShape(key.x);
        Descriptor window = new Descriptor(cudnn.CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR(), what)
                .choice(
                        cudnn.CUDNN_ATTR_CONVOLUTION_COMP_TYPE(),
                        cudnn.CUDNN_TYPE_DATA_TYPE(),
                        cudnn.CUDNN_DATA_FLOAT())
                .choice(
                        cudnn.CUDNN_ATTR_CONVOLUTION_CONV_MODE(),
                        cudnn.CUDNN_TYPE_CONVOLUTION_MODE(),
                        cudnn.CUDNN_CROSS_CORRELATION())
                .longs(cudnn.CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS(), 2)
                .longs(cudnn.CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS(), o.padY(), o.padX())
                .longs(cudnn.CUDNN_ATTR_CONVOLUTION_POST_PADDINGS(), o.padY(), o.padX())
                .longs(cudnn.CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES(), o.strideY(), o.strideX())
                .longs(cudnn.CUDNN_ATTR_CONVOLUTION_DILATIONS(), o.dilationY(), o.dilationX())
                .complete();
        return new Descriptor(cudnn.CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR(), what)
                .parts(cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC(), window)
                .parts(
                        cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X(),
                        Tensors.dense(IDS[0], key.x, key.dtype, ALIGNMENT, what))
                .parts(
                        cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W(),
                        Tensors.dense(IDS[1], key.weight, key.dtype, ALIGNMENT, what))
                .parts(
                        cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y(),
                        Tensors.dense(IDS[2], y, DType.F32, ALIGNMENT, what))
                .real(cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA(), 1)
                .real(cudnn.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA(), 0);
    }

    @Override
    public void close() {
        plans.close();
    }
}
