package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.DynamicInt8;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * out = [residual +] activation(x W^T + b) as {@link DynamicInt8} defines it: rows of x to integers, in strips for
 * whoever is free; when all are done, oneDNN's product of integers panel by panel, each scaled, activated and added to in Java before the next.
 */
record Int8LinearOp(View x, Int8Linear layer, Activation activation, Optional<View> residual, View out) implements Op {
    /** Below this many operations waking the others costs more than they save. */
    private static final long SMALLEST_SHARED = 500_000;

    /** Rows of one product, which bounds the memory for its sums; more gain nothing. */
    private static final int MOST_ROWS = 512;

    /** Operations of a product that workers take in turns, about 1.6 ms on a core. */
    private static final long TILE_OPERATIONS = 250_000_000;

    /** Rows that a worker quantises at a time, some 20 to 100 microseconds. */
    private static final int STRIP = 16;

    /** Products of fewer rows than this lose more than 2 %. */
    private static final int FEWEST_ROWS = 96;

    @Override
    public void bind(Binder binder) {
        View source = binder.input(x, DType.F32, x.hasDenseRows());
        View target = binder.output(out, DType.F32, out.hasDenseRows());
        Optional<View> added = residual.map(view -> binder.input(view, DType.F32, view.hasDenseRows()));
        View integers = binder.temporary(DType.U8, x.elements() / layer.inputWidth(), layer.inputWidth());
        Rows quantised = Rows.of(integers);
        product(binder, RowPlaces.of(source), quantised, added, target);
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

    /** One worker's quantiser of rows. */
    private static final class Quantiser {
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

        void run(int first, int last) {
            for (int row = first; row < last; row++) {
                quantise(row);
            }
        }

        private void quantise(int index) {
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
            into.scales()[index] = scale;
            into.zeros()[index] = zero;
            long target = into.integers().at((long) index * width);
            MemorySegment.copy(integers, 0, ALL, ValueLayout.JAVA_BYTE, target, width);
        }
    }

    /** Rows [first, last) of the columns of a panel. */
    private record Tile(Int8Linear.Panel panel, int first, int last) {
        int rows() {
            return last - first;
        }
    }

    private void product(Binder binder, RowPlaces plain, Rows source, Optional<View> added, View target) {
        long flops = 2L * source.count() * layer.inputWidth() * layer.outputWidth();
        int workers = flops >= SMALLEST_SHARED ? binder.workers() : 1;
        List<Tile> tiles = tiles(source.count(), workers);
        int strips = (source.count() + STRIP - 1) / STRIP;
        PieceQueue queue = new PieceQueue(strips + tiles.size());
        PieceCount quantised = new PieceCount();
        Task[] shares = new Task[Math.min(workers, tiles.size())];
        for (int i = 0; i < shares.length; i++) {
            Products products = products(binder, binder.worker(i), source, tiles, added, target);
            Strips own = new Strips(new Quantiser(plain, source), source.count(), strips, quantised);
            shares[i] = new Share(queue, own, products);
        }
        binder.add(name(source.count()), flops, shares);
    }

    /** In the order in which they are taken. */
    private List<Tile> tiles(int rows, int workers) {
        int panels = layer.panels().size();
        long perRow = 2 * layer.inputWidth() * widest();
        int most = workers == 1 ? MOST_ROWS : Math.clamp(TILE_OPERATIONS / perRow, FEWEST_ROWS, MOST_ROWS);
        int forAll = Math.clamp(rows / 16, 1, (workers + panels - 1) / panels);
        int parts = Math.max((rows + most - 1) / most, forAll);
        List<Tile> tiles = new ArrayList<>();
        for (int part = 0; part < parts; part++) {
            int first = (int) Binder.split(rows, part, parts, 8);
            int last = (int) Binder.split(rows, part + 1, parts, 8);
            for (Int8Linear.Panel panel : layer.panels()) {
                tiles.add(new Tile(panel, first, last));
            }
        }
        return tiles;
    }

    private int widest() {
        return layer.panels().stream().mapToInt(Int8Linear.Panel::width).max().orElseThrow();
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

    private Products products(
            Binder binder, Worker worker, Rows source, List<Tile> tiles, Optional<View> added, View target) {
        int highest = tiles.stream().mapToInt(Tile::rows).max().orElseThrow();
        long sums = worker.scratch().allocate(4L * widest() * highest);
        Int8Epilogue epilogue = new Int8Epilogue(
                source.scales(),
                source.zeros(),
                activation,
                RowPlaces.of(target),
                added.map(RowPlaces::of),
                sums,
                widest());
        Map<Key, Call> calls = new HashMap<>();
        Piece[] pieces = tiles.stream()
                .map(tile -> {
                    Key key = new Key(
                            tile.rows(), layer.inputWidth(), tile.panel().width());
                    long integers = source.integers().at(tile.first() * layer.inputWidth());
                    return new Piece(
                            tile,
                            calls.computeIfAbsent(key, k -> call(binder, worker, k, tile.panel(), integers, sums)),
                            NativeMemory.pointer(integers),
                            NativeMemory.pointer(tile.panel().weights()));
                })
                .toArray(Piece[]::new);
        return new Products(pieces, epilogue, calls.values().toArray(Call[]::new));
    }

    /** A tile with one worker's call for its shape and where its operands are. */
    private record Piece(Tile tile, Call call, MemorySegment integers, MemorySegment weights) {}

    /** The rows to be quantised, in strips; one worker's quantiser and how many strips all workers have done. */
    private record Strips(Quantiser quantiser, int rows, int count, PieceCount done) {
        void run(int index, int turn) {
            try {
                quantiser.run(index * STRIP, Math.min(rows, (index + 1) * STRIP));
            } finally {
                done.add(turn); // a failure is the team's to tell: nobody may wait for it here
            }
        }
    }

    /** One worker's calls, one for each shape of tile, and what it does with the sums. */
    private record Products(Piece[] pieces, Int8Epilogue epilogue, Call[] owned) {
        void run(int index) {
            Piece piece = pieces[index];
            piece.call().point(0, piece.integers());
            piece.call().point(1, piece.weights());
            piece.call().run();
            epilogue.run(
                    piece.tile().panel(), piece.tile().first(), piece.tile().last());
        }
    }

    /** First the strips, then the products, which need all strips but not all workers. */
    private record Share(PieceQueue queue, Strips strips, Products products) implements PieceTask {
        @Override
        public void piece(int index, int turn) {
            if (index < strips.count()) {
                strips.run(index, turn);
            } else {
                strips.done().await(turn, strips.count());
                products.run(index - strips.count());
            }
        }

        @Override
        public void close() {
            for (Call call : products.owned()) {
                call.close();
            }
        }
    }

    private record Key(long rows, long in, long width) {}

    private static Call call(Binder binder, Worker worker, Key key, Int8Linear.Panel panel, long integers, long sums) {
        Primitive primitive = binder.primitive(key, () -> {
            try (MemoryDesc src = MemoryDesc.dense(DType.U8, key.rows(), key.in());
                    MemoryDesc dst = MemoryDesc.dense(DType.I32, key.rows(), key.width())) {
                return binder.onednn()
                        .matmul(src, panel.layout(), MemoryDesc.NONE, dst, Epilogue.NONE, MemoryDesc.NONE);
            }
        });
        return Call.of(worker, primitive)
                .with(dnnl.DNNL_ARG_SRC(), integers)
                .with(dnnl.DNNL_ARG_WEIGHTS(), panel.weights())
                .with(dnnl.DNNL_ARG_DST(), sums)
                .bind();
    }
}
