package dev.earshot.tensor.cases;

import dev.earshot.tensor.DType;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** What the makers of rows share. */
final class Rows {
    /** The types that products are computed in. */
    static final List<DType> COMPUTE = List.of(DType.F32, DType.BF16);

    private Rows() {}

    static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /** For example {@code 2x3x29}; {@code scalar} for no sizes. */
    static String sizes(long... dims) {
        return dims.length == 0
                ? "scalar"
                : Arrays.stream(dims).mapToObj(Long::toString).collect(Collectors.joining("x"));
    }

    static double elements(long... dims) {
        return Arrays.stream(dims).asDoubleStream().reduce(1, (a, b) -> a * b);
    }

    /** {@code dims} with one size replaced. */
    static long[] with(long[] dims, int axis, long size) {
        long[] copy = dims.clone();
        copy[axis < 0 ? axis + dims.length : axis] = size;
        return copy;
    }

    /** BF16 if any of the types is not F32. */
    static DType precision(DType... types) {
        return Arrays.stream(types).allMatch(type -> type == DType.F32) ? DType.F32 : DType.BF16;
    }

    /** The accepted error of a sum of {@code terms} products. */
    static double tolerance(long terms) {
        return terms > 100 ? OpCase.LONG_REDUCTION_TOLERANCE : OpCase.TOLERANCE;
    }
}
