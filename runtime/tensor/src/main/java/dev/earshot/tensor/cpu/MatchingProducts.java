package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.bindings.onednn.dnnl;
import dev.earshot.tensor.DType;
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

    /** Below this height oneDNN spends more on packing g than on multiplying: 49 GF/s at 16 rows, 70 at 64 (one Zen 3 core). */
    private static final int TALL_ENOUGH = 64;

    private static final long SMALLEST_SHARED = 500_000;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;

    static MatchingProducts of(Binder binder, MatchingGrid grid, View f, View g, View saved) {
        int reach = grid.settings().rangeY();
        int rows = reach == 0 ? 1 : Math.clamp((TALL_ENOUGH + grid.width() - 1) / grid.width(), 1, grid.height());
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

    private long stride() {
        return (long) bandRows * grid.width();
    }

    /** Address of the products of a block of the anchor at {@code place} in the slab with one of its grids. */
    private long blockAddress(int place, int group, int block) {
        long unit = ((long) place * grid.groups() + group) * blocks() + block;
        return products.at(unit * rows * grid.width() * stride());
    }

    /**
     * Address of the product of the first pixel of row {@code row} with the first pixel of row {@code other}; the next pixel of
     * f is {@link #stride} floats on, the next of g one.
     */
    long rowAddress(int place, int group, int row, int other) {
        int block = row / rows;
        long offset = (long) (row - block * rows) * grid.width() * stride();
        return blockAddress(place, group, block) + 4 * (offset + (long) (other - firstBandRow(block)) * grid.width());
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
        Map<Products.Key, Call> calls = new HashMap<>();
        List<Task> order = new ArrayList<>();
        for (int unit = from; unit < to; unit++) {
            int place = unit / blocks();
            int block = unit % blocks();
            int anchor = firstAnchor + place;
            long left = f.at(grid.features(anchor, (long) block * rows * grid.width()));
            for (int group = 0; group < grid.groups(); group++) {
                int sample = group * grid.anchors() + anchor;
                long right = g.at(grid.features(sample, (long) firstBandRow(block) * grid.width()));
                long target = blockAddress(place, group, block);
                Call call = calls.computeIfAbsent(
                        key(block),
                        k -> Call.of(worker, Products.primitive(binder, k))
                                .with(dnnl.DNNL_ARG_SRC(), left)
                                .with(dnnl.DNNL_ARG_WEIGHTS(), right)
                                .with(dnnl.DNNL_ARG_DST(), target)
                                .bind());
                order.add(new Product(
                        call, NativeMemory.pointer(left), NativeMemory.pointer(right), NativeMemory.pointer(target)));
            }
            order.add(() -> squares(anchor, block));
        }
        return new Share(order.toArray(Task[]::new), calls.values().toArray(Call[]::new));
    }

    private Products.Key key(int block) {
        return new Products.Key(
                DType.F32,
                DType.F32,
                (long) height(block) * grid.width(),
                grid.channels(),
                bandPixels(block),
                Products.Layout.rows(grid.channels()),
                Products.Layout.columns(grid.channels()),
                stride(),
                1,
                Products.Bias.NONE);
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

    private record Product(Call call, MemorySegment left, MemorySegment right, MemorySegment target) implements Task {
        @Override
        public void run() {
            call.point(0, left);
            call.point(1, right);
            call.point(2, target);
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
