package dev.earshot.tensor.cpu;

import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import java.util.List;
import java.util.Optional;

/**
 * A linear layer whose weight is held in 8-bit integers; see {@link DynamicInt8}. The columns of y are cut into panels, and
 * the products of a panel are scaled while they are still in the second-level cache. Memory of the weights belongs to the
 * parameter scope.
 *
 * @param owner where it may be used
 * @param inputWidth columns of x
 * @param outputWidth columns of y
 * @param panels in order of columns
 */
record Int8Linear(CpuParameters owner, long inputWidth, long outputWidth, List<Panel> panels) implements CpuLinear {
    /**
     * Columns of y.
     *
     * @param from the first
     * @param layout how the weights lie
     * @param weights their address
     * @param scales t, per channel
     * @param sums sum of a channel's integers, by which a zero point of x counts
     * @param biases per channel; zeros for a layer without
     */
    record Panel(int from, MemoryDesc layout, long weights, float[] scales, int[] sums, float[] biases) {
        int width() {
            return scales.length;
        }
    }

    @Override
    public DType computeType() {
        return DType.F32;
    }

    @Override
    public Op forward(View x, Activation activation, Optional<View> residual, View out) {
        return new Int8LinearOp(x, this, activation, residual, out);
    }

    @Override
    public String toString() {
        return "linear int8 [%d, %d]".formatted(outputWidth, inputWidth);
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
