package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * out = [residual +] activation(x W^T + b) as {@link DynamicInt8} defines it, in two steps: rows of x to integers, shared by
 * rows; then oneDNN's product of integers panel by panel, each scaled, activated and added to in Java before the next.
 */
record Int8LinearOp(View x, Int8Linear layer, Activation activation, Optional<View> residual, View out) implements Op {
    /** Below this many operations waking the others costs more than they save. */
    private static final long SMALLEST_SHARED = 500_000;

    /** Rows of one product, which bounds the memory for its sums; more gain nothing. */
    private static final int MOST_ROWS = 512;

    @Override
    public void bind(Binder binder) {
        View source = binder.input(x, DType.F32, x.hasDenseRows());
        View target = binder.output(out, DType.F32, out.hasDenseRows());
        Optional<View> added = residual.map(view -> binder.input(view, DType.F32, view.hasDenseRows()));
        View integers = binder.temporary(DType.U8, x.elements() / layer.inputWidth(), layer.inputWidth());
        Rows quantised = Rows.of(integers);
        quantise(binder, source, quantised);
        product(binder, quantised, added, target);
        binder.finish(target, out);
    }

    /** Quantised x: {@code integers} U8 [rows, in] with a scale and a zero point per row. */
    private record Rows(View integers, float[] scales, int[] zeros) {
        static Rows of(View integers) {
            int rows = Math.toIntExact(integers.dim(0));
            return new Rows(integers, new float[rows], new int[rows]);
        }

        int count() {
            return scales.length;
        }
    }

    private void quantise(Binder binder, View source, Rows into) {
        RowPlaces places = RowPlaces.of(source);
        String name = "quantise " + x;
        RowSharing.add(binder, name, into.count(), x.elements(), worker -> new Quantiser(places, into));
    }

    /** One worker's quantiser of rows. */
    private static final class Quantiser implements RowSharing.Body {
        private final RowPlaces places;
        private final Rows into;
        private final int width;
        private final float[] row;
        private final RowRange range;
        private final byte[] integers;

        Quantiser(RowPlaces places, Rows into) {
            this.places = places;
            this.into = into;
            this.width = Math.toIntExact(into.integers().dim(1));
            this.row = new float[width];
            this.range = new RowRange(width);
            this.integers = new byte[width];
        }

        @Override
        public void run(long index) {
            HeapRows.load(places.address(index), row, width);
            range.find(row, width);
            float low = range.smallest();
            float high = range.largest();
            float scale = high / DynamicInt8.STEPS - low / DynamicInt8.STEPS;
            int zero = 0;
            if (Int8Rows.divides(scale)) {
                float factor = 1 / scale;
                zero = (int) (0.5f - low * factor);
                Int8Rows.quantise(row, factor, zero + 0.5f, integers, width);
            } else {
                scale = Int8Rows.degenerate(scale);
                Arrays.fill(integers, (byte) 0);
            }
            into.scales()[(int) index] = scale;
            into.zeros()[(int) index] = zero;
            long target = into.integers().at(index * width);
            MemorySegment.copy(integers, 0, ALL, ValueLayout.JAVA_BYTE, target, width);
        }
    }

    private void product(Binder binder, Rows source, Optional<View> added, View target) {
        long flops = 2L * source.count() * layer.inputWidth() * layer.outputWidth();
        int workers = flops >= SMALLEST_SHARED ? binder.workers() : 1;
        int slices = workers == 1 ? 1 : PackedLinear.slices(layer.outputWidth(), workers);
        int groups = workers == 1 ? 1 : Math.clamp(source.count() / 16, 1, workers / slices);
        Task[] shares = new Task[slices * groups];
        for (int s = 0; s < slices; s++) {
            List<Int8Linear.Panel> panels = panels(s, slices);
            for (int g = 0; g < groups; g++) {
                Worker worker = binder.worker(s * groups + g);
                int from = (int) Binder.split(source.count(), g, groups, 8);
                int to = (int) Binder.split(source.count(), g + 1, groups, 8);
                shares[s * groups + g] = share(binder, worker, source, panels, from, to, added, target);
            }
        }
        binder.add(name(source.count()), flops, shares);
    }

    private List<Int8Linear.Panel> panels(int slice, int slices) {
        int count = layer.panels().size();
        return layer.panels().subList(count * slice / slices, count * (slice + 1) / slices);
    }

    private String name(int rows) {
        return "linear int8 %d x %d x %d %s%s"
                .formatted(
                        rows,
                        layer.inputWidth(),
                        layer.outputWidth(),
                        activation == Activation.NONE ? "" : activation,
                        residual.isPresent() ? " + residual" : "")
                .strip();
    }

    private Task share(
            Binder binder,
            Worker worker,
            Rows source,
            List<Int8Linear.Panel> panels,
            int from,
            int to,
            Optional<View> added,
            View target) {
        int widest = panels.stream().mapToInt(Int8Linear.Panel::width).max().orElseThrow();
        long sums = worker.scratch().allocate(4L * widest * Math.min(MOST_ROWS, to - from));
        Int8Epilogue epilogue = new Int8Epilogue(
                source.scales(),
                source.zeros(),
                activation,
                RowPlaces.of(target),
                added.map(RowPlaces::of),
                sums,
                widest);
        List<Task> tasks = new ArrayList<>();
        int tiles = (to - from + MOST_ROWS - 1) / MOST_ROWS;
        for (Int8Linear.Panel panel : panels) {
            for (int tile = 0; tile < tiles; tile++) {
                int first = from + (int) Binder.split(to - from, tile, tiles, 8);
                int last = from + (int) Binder.split(to - from, tile + 1, tiles, 8);
                tasks.add(call(binder, worker, source.integers(), panel, first, last - first, sums));
                tasks.add(() -> epilogue.run(panel, first, last));
            }
        }
        return Task.sequence(tasks.toArray(Task[]::new));
    }

    private record Key(long rows, long in, long width) {}

    private Call call(
            Binder binder, Worker worker, View integers, Int8Linear.Panel panel, int first, int rows, long sums) {
        Key key = new Key(rows, layer.inputWidth(), panel.width());
        Primitive primitive = binder.primitive(key, () -> {
            try (MemoryDesc src = MemoryDesc.dense(DType.U8, rows, key.in());
                    MemoryDesc dst = MemoryDesc.dense(DType.I32, rows, key.width())) {
                return binder.onednn()
                        .matmul(src, panel.layout(), MemoryDesc.NONE, dst, Epilogue.NONE, MemoryDesc.NONE);
            }
        });
        return Call.of(worker, primitive)
                .with(dnnl.DNNL_ARG_SRC(), integers.at(first * layer.inputWidth()))
                .with(dnnl.DNNL_ARG_WEIGHTS(), panel.weights())
                .with(dnnl.DNNL_ARG_DST(), sums)
                .bind();
    }
}
