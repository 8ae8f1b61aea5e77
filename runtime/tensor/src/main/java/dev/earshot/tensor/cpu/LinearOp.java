package dev.earshot.tensor.cpu;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import java.util.ArrayList;
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
        boolean shared = flops >= SMALLEST_SHARED && binder.workers() > 1;
        int slices = layer.slices().size();
        int groups = shared ? Math.clamp(space.rowLength() / 16, 1, binder.workers() / slices) : 1;
        List<List<Task>> shares = new ArrayList<>();
        for (int i = 0; i < (shared ? binder.workers() : 1); i++) {
            shares.add(new ArrayList<>());
        }
        for (long block = 0; block < space.rows(); block++) {
            for (int s = 0; s < slices; s++) {
                for (int g = 0; g < groups; g++) {
                    long first = Binder.split(space.rowLength(), g, groups, 8);
                    long count = Binder.split(space.rowLength(), g + 1, groups, 8) - first;
                    int index = (s * groups + g) % shares.size();
                    long[] starts = new long[rows.length];
                    for (int v = 0; v < rows.length; v++) {
                        starts[v] = rows[v].at(space.rowOffset(v, block) + first * space.rowStride(v));
                    }
                    Tile tile = new Tile(
                            source, target, addend, space, layer.slices().get(s), count, starts);
                    shares.get(index).add(call(binder, binder.worker(index), tile));
                }
            }
        }
        Task[] tasks = shares.stream()
                .map(list -> list.isEmpty() ? Task.IDLE : Task.sequence(list.toArray(Task[]::new)))
                .toArray(Task[]::new);
        binder.add(name(space), flops, tasks);
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

    /** A block of rows and one slice of columns; {@code starts} are the addresses of its first rows. */
    private record Tile(
            View source,
            View target,
            Optional<View> addend,
            LoopSpace space,
            PackedLinear.Slice slice,
            long rows,
            long[] starts) {
        /** Row distances, with a legal value where there is a single row. */
        long sourceStride() {
            return Math.max(space.rowStride(0), source.dim(-1));
        }

        long targetStride() {
            return Math.max(space.rowStride(1), target.dim(-1));
        }
    }

    private record Key(
            long rows,
            long in,
            long width,
            long sourceStride,
            long targetStride,
            DType packed,
            DType out,
            boolean bias,
            Epilogue epilogue) {}

    private Call call(Binder binder, Worker worker, Tile tile) {
        boolean inPlace = tile.addend().isPresent() && tile.addend().get().equals(tile.target());
        Epilogue.Addition addition = tile.addend().isEmpty()
                ? Epilogue.Addition.NONE
                : inPlace ? Epilogue.Addition.DESTINATION : Epilogue.Addition.OPERAND;
        Epilogue epilogue = new Epilogue(1, activation, addition);
        Key key = new Key(
                tile.rows(),
                layer.inputWidth(),
                tile.slice().width(),
                tile.sourceStride(),
                tile.targetStride(),
                layer.packedType(),
                tile.target().dtype(),
                layer.bias() != 0,
                epilogue);
        Primitive primitive = binder.primitive(
                key, () -> create(binder.onednn(), key, tile.slice().layout()));
        long columns = tile.slice().from();
        Call.Builder call = Call.of(worker, primitive)
                .with(dnnl.DNNL_ARG_SRC(), tile.starts()[0])
                .with(dnnl.DNNL_ARG_WEIGHTS(), tile.slice().weights())
                .with(
                        dnnl.DNNL_ARG_DST(),
                        tile.starts()[1] + columns * tile.target().dtype().bytes());
        if (layer.bias() != 0) {
            call.with(dnnl.DNNL_ARG_BIAS(), layer.bias() + 4 * columns);
        }
        if (addition == Epilogue.Addition.OPERAND) {
            call.with(Call.postOperand(epilogue.additionIndex()), tile.starts()[2] + 4 * columns);
        }
        return call.bind();
    }

    private static Primitive create(OneDnn onednn, Key key, MemoryDesc weights) {
        try (MemoryDesc src = rows(key.packed(), key.rows(), key.in(), key.sourceStride());
                MemoryDesc bias = key.bias() ? MemoryDesc.dense(DType.F32, 1, key.width()) : MemoryDesc.NONE;
                MemoryDesc dst = rows(key.out(), key.rows(), key.width(), key.targetStride());
                MemoryDesc operand = rows(DType.F32, key.rows(), key.width(), key.targetStride())) {
            return onednn.matmul(src, weights, bias, dst, key.epilogue(), operand);
        }
    }

    private static MemoryDesc rows(DType dtype, long rows, long width, long stride) {
        return MemoryDesc.strided(dtype, new long[] {rows, width}, new long[] {stride, 1});
    }
}
