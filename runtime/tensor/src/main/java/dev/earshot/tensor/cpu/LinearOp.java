package dev.earshot.tensor.cpu;

import dev.earshot.tensor.Activation;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** out = [residual +] activation(x W^T + b): one product per worker with everything else fused behind it. */
record LinearOp(View x, PackedLinear layer, Activation activation, Optional<View> residual, View out) implements Op {
    /** Below this many operations waking the others costs more than they save. */
    private static final long SMALLEST_SHARED = 500_000;

    @Override
    public void bind(Binder binder) {
        View source = binder.input(x, layer.packedType(), rowsApart(x));
        View target = binder.output(out, layer.packedType(), rowsApart(out));
        Optional<View> addend = residual;
        if (residual.isPresent() && !fusible(residual.get(), target)) {
            Copy.bind(binder, residual.get(), target);
            addend = Optional.of(target);
        }
        if (residual.isEmpty() && DenseActivation.pays(activation, target)) {
            new LinearOp(x, layer, Activation.NONE, residual, out).product(binder, source, addend, target);
            DenseActivation.bind(binder, activation, target);
        } else {
            product(binder, source, addend, target);
        }
        binder.finish(target, out);
    }

    /** True if oneDNN can take the rows as they lie: dense, and not overlapping. */
    private static boolean rowsApart(View view) {
        for (int axis = 0; axis < view.rank() - 1; axis++) {
            if (view.dim(axis) > 1 && view.stride(axis) < view.dim(-1)) {
                return false;
            }
        }
        return view.hasDenseRows();
    }

    /**
     * An operand that is added must be laid out as the destination, within each block of rows that is one product: it may be
     * repeated along axes outside.
     */
    private static boolean fusible(View residual, View target) {
        LoopSpace space = LoopSpace.over(lead(target).dims(), lead(target), lead(residual));
        return space.rowLength() == 1 || space.rowStride(0) == space.rowStride(1);
    }

    private void product(Binder binder, View source, Optional<View> addend, View target) {
        View[] rows = addend.isPresent()
                ? new View[] {lead(source), lead(target), lead(addend.get())}
                : new View[] {lead(source), lead(target)};
        LoopSpace space = LoopSpace.over(rows[0].dims(), rows);
        long flops = 2 * space.rows() * space.rowLength() * layer.inputWidth() * layer.outputWidth();
        int workers = flops >= SMALLEST_SHARED ? binder.workers() : 1;
        LinearProduct product = new LinearProduct(layer, activation, source, target, addend, space, rows);
        List<LinearProduct.Tile> tiles = product.tiles(workers);
        binder.add(
                name(space),
                flops,
                tiles.size() > workers && workers > 1
                        ? product.inTurns(binder, tiles)
                        : product.fixed(binder, workers, tiles));
    }

    private String name(LoopSpace space) {
        return "linear %s %d x %d x %d %s%s"
                .formatted(
                        layer.computeType(),
                        space.rows() * space.rowLength(),
                        layer.inputWidth(),
                        layer.outputWidth(),
                        activation == Activation.NONE ? "" : activation,
                        residual.isPresent() ? " + residual" : "")
                .strip();
    }

    /** The view of the leading axes, one element per row. */
    private static View lead(View view) {
        long[] dims = Arrays.copyOf(view.dims(), view.rank() - 1);
        return view.with(0, dims, Arrays.copyOf(view.strides(), view.rank() - 1));
    }
}
