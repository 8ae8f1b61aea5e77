package dev.earshot.tensor.cases;

import dev.earshot.tensor.Backend;
import dev.earshot.tensor.Convolution;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Floats;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Linear;
import dev.earshot.tensor.ParameterScope;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.Workspace;
import dev.earshot.tensor.internal.Elements;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;

/**
 * Makes the operands of one row on one backend: pseudo-random values that depend on the row and the seed alone, rounded to
 * the declared type. In the exact form of a row every bf16 tensor becomes F32 and keeps those rounded values.
 */
public final class OpSetup {
    /** Marks elements that must not be read or must be written. */
    private static final float UNSET = Float.NaN;

    private static final long UNSET_INTEGER = -77;

    private final Backend backend;
    private final ParameterScope parameters;
    private final Workspace workspace;
    private final SplittableRandom random;
    private final boolean exact;
    private final List<OpOutput> outputs = new ArrayList<>();

    OpSetup(OpCase row, Backend backend, ParameterScope parameters, Workspace workspace, long seed, boolean exact) {
        this.backend = backend;
        this.parameters = parameters;
        this.workspace = workspace;
        this.random =
                new SplittableRandom(seed * 0x9E3779B97F4A7C15L + row.name().hashCode());
        this.exact = exact;
    }

    Backend backend() {
        return backend;
    }

    /** In the order in which the body declared them. */
    List<OpOutput> outputs() {
        if (outputs.isEmpty()) {
            throw new IllegalStateException("op case: the body declared no output");
        }
        return outputs;
    }

    private DType held(DType declared) {
        return exact && declared == DType.BF16 ? DType.F32 : declared;
    }

    /** A dense tensor of {@code declared} type with standard normal values. */
    Tensor input(DType declared, long... dims) {
        return input(declared, Layout.DENSE, g -> g, dims);
    }

    /** A tensor whose elements are {@code value} of standard normal numbers. */
    Tensor input(DType declared, Layout layout, DoubleUnaryOperator value, long... dims) {
        Shape shape = Shape.of(dims);
        Shape bufferShape = layout.buffer(shape);
        Tensor buffer = workspace.allocate(held(declared), bufferShape);
        backend.upload(host(declared, layout, value, shape), buffer);
        return layout.view(buffer, shape);
    }

    /** A dense F32 tensor of given values. */
    Tensor values(float[] values, long... dims) {
        Tensor x = workspace.allocate(DType.F32, dims);
        backend.upload(HostTensor.of(values, dims), x);
        return x;
    }

    /** An integer tensor with values from {@code low} up to but not including {@code high}. */
    Tensor integers(DType declared, long low, long high, long... dims) {
        Tensor x = workspace.allocate(declared, dims);
        HostTensor source = hostBuffer(declared, x.shape());
        long[] values = random.longs(x.shape().elements(), low, high).toArray();
        Elements.writeIntegers(values, Tensor.ofHost(source.data(), declared, x.shape()));
        backend.upload(source, x);
        return x;
    }

    private HostTensor host(DType declared, Layout layout, DoubleUnaryOperator value, Shape shape) {
        HostTensor source = hostBuffer(held(declared), layout.buffer(shape));
        Tensor buffer = Tensor.ofHost(source.data(), source.dtype(), source.shape());
        if (source.dtype().isFloat()) {
            fillUnset(buffer);
        }
        double[] values = new double[Math.toIntExact(shape.elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = round(declared, value.applyAsDouble(random.nextGaussian()));
        }
        Elements.write(values, layout.view(buffer, shape));
        return source;
    }

    private static HostTensor hostBuffer(DType dtype, Shape shape) {
        byte[] bytes = new byte[Math.toIntExact(shape.elements() * dtype.bytes())];
        return new HostTensor(MemorySegment.ofArray(bytes), dtype, shape);
    }

    private static void fillUnset(Tensor buffer) {
        double[] values = new double[Math.toIntExact(buffer.shape().elements())];
        Arrays.fill(values, UNSET);
        Elements.write(values, buffer);
    }

    private static double round(DType declared, double value) {
        return declared == DType.BF16 ? Floats.roundBf16((float) value) : (float) value;
    }

    /** A host tensor of standard normal values times {@code scale}, rounded to the compute type, for weights. */
    private HostTensor weights(DType compute, double scale, long... dims) {
        float[] values = new float[Math.toIntExact(Shape.of(dims).elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) round(compute, random.nextGaussian() * scale);
        }
        return HostTensor.of(values, dims);
    }

    /** A linear layer with weights of variance 1 / in, so that its results have variance 1. */
    Linear linear(DType compute, long in, long out, boolean bias) {
        HostTensor weight = weights(compute, 1 / Math.sqrt(in), out, in);
        return bias
                ? parameters.linear(weight, weights(compute, 1, out), held(compute))
                : parameters.linear(weight, held(compute));
    }

    /** A convolution with weights of variance 1 / (inputs of one output). */
    Convolution convolution(DType compute, ConvolutionOptions options, boolean bias, long... weightDims) {
        HostTensor weight = weights(compute, 1 / Math.sqrt(weightDims[1] * weightDims[2] * weightDims[3]), weightDims);
        return bias
                ? parameters.convolution(weight, weights(compute, 1, weightDims[0]), options, held(compute))
                : parameters.convolution(weight, options, held(compute));
    }

    /** A result: a tensor that the op must write completely, and nothing beside it. */
    Tensor output(DType declared, Layout layout, long... dims) {
        Shape shape = Shape.of(dims);
        HostTensor initial = hostBuffer(held(declared), layout.buffer(shape));
        Tensor buffer = Tensor.ofHost(initial.data(), initial.dtype(), initial.shape());
        if (declared.isFloat()) {
            fillUnset(buffer);
        } else {
            long[] values = new long[Math.toIntExact(shape.elements())];
            Arrays.fill(values, declared == DType.U8 ? UNSET_INTEGER & 0xff : UNSET_INTEGER);
            Elements.writeIntegers(values, buffer);
        }
        return output(initial, layout, shape, false);
    }

    /** A dense result. */
    Tensor output(DType declared, long... dims) {
        return output(declared, Layout.DENSE, dims);
    }

    /** A result that is also an input: it holds {@code value} of standard normal numbers before every run. */
    Tensor inOut(DType declared, Layout layout, DoubleUnaryOperator value, long... dims) {
        Shape shape = Shape.of(dims);
        return output(host(declared, layout, value, shape), layout, shape, true);
    }

    private Tensor output(HostTensor initial, Layout layout, Shape shape, boolean isRead) {
        Tensor buffer = workspace.allocate(initial.dtype(), initial.shape());
        OpOutput output = new OpOutput(backend, initial, buffer, layout, shape, isRead);
        outputs.add(output);
        return output.view();
    }
}
