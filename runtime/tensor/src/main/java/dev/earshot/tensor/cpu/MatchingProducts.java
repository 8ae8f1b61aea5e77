package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.internal.NativeMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * First phase of pixel matching: the raw products of the pixels of f with the pixels of g that they may be compared with,
 * and the squared lengths of all pixels. A unit of work is some rows of one anchor against the rows of each of its grids
 * within reach; f and, unless rows overlap in reach, g are read once. The products of some anchors at a time lie in a
 * temporary of at most {@value #SLAB_BYTES} bytes or one anchor.
 *
 * @param rows rows of f in a unit
 * @param bandRows most rows of g that a unit looks at
 * @param slab anchors whose products are held at a time
 */
record MatchingProducts(
        MatchingGrid grid, View f, View g, View saved, View products, int rows, int bandRows, int slab) {
    /** Half of a small third-level cache. */
    private static final long SLAB_BYTES = 16L << 20;

    /** Pixels of f in a unit where rows overlap in reach: 99 GF/s of one Zen 3 core's 102, and still units to share. */
    private static final int WIDE_ENOUGH = 64;

    private static final long SMALLEST_SHARED = 500_000;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    static MatchingProducts of(Binder binder, MatchingGrid grid, View f, View g, View saved) {
        int reach = grid.settings().rangeY();
        int rows = reach == 0 ? 1 : Math.clamp((WIDE_ENOUGH + grid.width() - 1) / grid.width(), 1, grid.height());
        int bandRows = (int) Math.min(grid.height(), rows + 2L * reach);
        int blocks = (grid.height() + rows - 1) / rows;
        long perAnchor =
                Math.multiplyExact((long) grid.groups() * blocks, (long) rows * grid.width() * bandRows * grid.width());
        int slab = Math.clamp(SLAB_BYTES / (4 * perAnchor), 1, grid.anchors());
        View products = binder.temporary(DType.F32, slab, perAnchor);
        return new MatchingProducts(grid, f, g, saved, products, rows, bandRows, slab);
    }

    int blocks() {
        return (grid.height() + rows - 1) / rows;
    }

    private int firstBandRow(int block) {
        return Math.max(0, block * rows - grid.settings().rangeY());
    }

    private int lastBandRow(int block) {
        long last = (long) Math.min(grid.height(), (block + 1) * rows)
                + grid.settings().rangeY();
        return (int) Math.min(grid.height(), last);
    }

    /** Floats from a product to that of the same pixel of f with the next pixel of g. */
    long stride() {
        return (long) rows * grid.width();
    }

    /** Address of the products of a block of the anchor at {@code place} in the slab with one of its grids. */
    private long blockAddress(int place, int group, int block) {
        long unit = ((long) place * grid.groups() + group) * blocks() + block;
        return products.at(unit * bandRows * grid.width() * stride());
    }

    /**
     * Address of the product of the first pixel of row {@code row} with the first pixel of row {@code other}; the next pixel of
     * f is the next float, the next of g {@link #stride} floats on.
     */
    long rowAddress(int place, int group, int row, int other) {
        int block = row / rows;
        long offset = (long) (other - firstBandRow(block)) * grid.width() * stride();
        return blockAddress(place, group, block) + 4 * (offset + (long) (row - block * rows) * grid.width());
    }

    /** Floats from a product to that of the next pixel of f with the next pixel of g. */
    long diagonal() {
        return stride() + 1;
    }

    /** Adds the step for the anchors from {@code first} on. */
    void bind(Binder binder, int first) {
        int count = Math.min(slab, grid.anchors() - first);
        int units = count * blocks();
        long flops = 0;
        for (int block = 0; block < blocks(); block++) {
            flops += 2L * count * grid.groups() * height(block) * grid.width() * bandPixels(block) * grid.channels();
        }
        int workers = flops < SMALLEST_SHARED ? 1 : Math.min(units, binder.workers());
        Task[] shares = new Task[workers];
        for (int i = 0; i < workers; i++) {
            shares[i] = share(binder, binder.worker(i), first, (int) ((long) units * i / workers), (int)
                    ((long) units * (i + 1) / workers));
        }
        binder.add("pixel products %d x %d x %s".formatted(count, grid.groups(), g), flops, shares);
    }

    private int height(int block) {
        return Math.min(rows, grid.height() - block * rows);
    }

    private int bandPixels(int block) {
        return (lastBandRow(block) - firstBandRow(block)) * grid.width();
    }

    private Task share(Binder binder, Worker worker, int firstAnchor, int from, int to) {
        boolean packs = Products.packingPays(DType.F32);
        long packed = packs ? worker.scratch().allocate(packedBytes()) : 0;
        Map<Object, Call> calls = new HashMap<>();
        List<Task> order = new ArrayList<>();
        for (int unit = from; unit < to; unit++) {
            int place = unit / blocks();
            int block = unit % blocks();
            int anchor = firstAnchor + place;
            long own = f.at(grid.features(anchor, (long) block * rows * grid.width()));
            order.add(() -> squares(anchor, block)); // first: reading in order is what the memory does fastest
            if (packs) {
                Packing key = new Packing(grid.channels(), (long) height(block) * grid.width());
                Call pack = calls.computeIfAbsent(key, k -> key.call(binder, worker, own, packed));
                order.add(new Pointed(pack, NativeMemory.pointer(own), NativeMemory.pointer(packed)));
            }
            for (int group = 0; group < grid.groups(); group++) {
                int sample = group * grid.anchors() + anchor;
                long others = g.at(grid.features(sample, (long) firstBandRow(block) * grid.width()));
                long target = blockAddress(place, group, block);
                Products.Key key = key(block, packs);
                Call product = calls.computeIfAbsent(
                        key,
                        k -> Call.of(worker, Products.primitive(binder, key))
                                .with(dnnl.DNNL_ARG_SRC(), others)
                                .with(dnnl.DNNL_ARG_DST(), target)
                                .with(dnnl.DNNL_ARG_WEIGHTS(), packs ? packed : own)
                                .bind());
                if (!packs) {
                    MemorySegment unpacked = NativeMemory.pointer(own);
                    order.add(() -> product.point(2, unpacked));
                }
                order.add(new Pointed(product, NativeMemory.pointer(others), NativeMemory.pointer(target)));
            }
        }
        return new Share(order.toArray(Task[]::new), calls.values().toArray(Call[]::new));
    }

    private long packedBytes() {
        try (MemoryDesc packed = Products.matrix(DType.F32, grid.channels(), stride(), Products.Layout.PACKED)) {
            return packed.bytes();
        }
    }

    private Products.Key key(int block, boolean packed) {
        return new Products.Key(
                DType.F32,
                DType.F32,
                bandPixels(block),
                grid.channels(),
                (long) height(block) * grid.width(),
                Products.Layout.rows(grid.channels()),
                packed ? Products.Layout.PACKED : Products.Layout.columns(grid.channels()),
                stride(),
                1,
                Products.Bias.NONE);
    }

    /** Brings pixels into the layout in which products run fastest, once for all groups. */
    private record Packing(long channels, long pixels) {
        Call call(Binder binder, Worker worker, long from, long to) {
            Primitive reorder = binder.primitive(this, () -> {
                try (MemoryDesc plain =
                                Products.matrix(DType.F32, channels, pixels, Products.Layout.columns(channels));
                        MemoryDesc packed = Products.matrix(DType.F32, channels, pixels, Products.Layout.PACKED)) {
                    return binder.onednn().reorder(plain, packed);
                }
            });
            return Call.of(worker, reorder)
                    .with(dnnl.DNNL_ARG_FROM(), from)
                    .with(dnnl.DNNL_ARG_TO(), to)
                    .bind();
        }
    }

    /** While the rows of the block are still in cache. */
    private void squares(int anchor, int block) {
        int first = block * rows * grid.width();
        int last = first + height(block) * grid.width();
        for (int p = first; p < last; p++) {
            float square = Dots.squares(f.at(grid.features(anchor, p)), grid.channels());
            for (int group = 0; group < grid.groups(); group++) {
                int sample = group * grid.anchors() + anchor;
                ALL.set(F32, saved.at(grid.squaresF(sample) + p), square);
                ALL.set(
                        F32,
                        saved.at(grid.squaresG(sample) + p),
                        Dots.squares(g.at(grid.features(sample, p)), grid.channels()));
            }
        }
    }

    private record Pointed(Call call, MemorySegment first, MemorySegment second) implements Task {
        @Override
        public void run() {
            call.point(0, first);
            call.point(1, second);
            call.run();
        }
    }

    /** The units of one worker in order, on calls that they share. */
    private record Share(Task[] order, Call[] owned) implements Task {
        @Override
        public void run() {
            for (Task task : order) {
                task.run();
            }
        }

        @Override
        public void close() {
            for (Call call : owned) {
                call.close();
            }
        }
    }
}
