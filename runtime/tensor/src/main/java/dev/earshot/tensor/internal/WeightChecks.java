package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.Shape;

/** The checks of what {@link dev.earshot.tensor.ParameterScope} is given, shared by all backends. */
public final class WeightChecks {
    private WeightChecks() {}

    /** A linear weight is a float [out, in]. */
    public static void linear(HostTensor weight, DType compute) {
        argument(
                weight.shape().rank() == 2 && weight.dtype().isFloat(),
                "linear weight",
                "expected a float [out, in], got %s %s",
                weight.dtype(),
                weight.shape());
        computeType("linear", compute);
    }

    /** A convolution weight is a float [out, in / groups, kernelHeight, kernelWidth] with out divisible by groups. */
    public static void convolution(HostTensor weight, int groups, DType compute) {
        Shape shape = weight.shape();
        argument(
                shape.rank() == 4 && weight.dtype().isFloat() && shape.dim(2) > 0 && shape.dim(3) > 0,
                "convolution weight",
                "expected a float [out, in / groups, kernelHeight, kernelWidth], got %s %s",
                weight.dtype(),
                shape);
        argument(
                shape.dim(0) % groups == 0,
                "convolution weight",
                "expected output channels that %d groups divide, got %s",
                groups,
                shape);
        computeType("convolution", compute);
    }

    /** The bias of a layer is a float [out]; {@code op} is {@code "linear"} or {@code "convolution"}. */
    public static void bias(String op, HostTensor weight, HostTensor bias) {
        argument(
                bias.shape().equals(Shape.of(weight.shape().dim(0)))
                        && bias.dtype().isFloat(),
                op + " bias",
                "expected a float [%d], got %s %s",
                weight.shape().dim(0),
                bias.dtype(),
                bias.shape());
    }

    /** A parameter tensor keeps its type or changes between float types. */
    public static void tensor(HostTensor source, DType dtype) {
        argument(
                source.dtype() == dtype || (source.dtype().isFloat() && dtype.isFloat()),
                "parameter tensor",
                "expected a float type or that of the source (%s), got %s",
                source.dtype(),
                dtype);
    }

    private static void computeType(String op, DType compute) {
        argument(
                compute == DType.F32 || compute == DType.BF16,
                op + " compute type",
                "expected F32 or BF16, got %s",
                compute);
    }
}
