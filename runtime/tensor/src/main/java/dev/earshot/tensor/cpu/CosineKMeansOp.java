package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.kmeans.Best;
import dev.earshot.tensor.kmeans.Restarts;
import dev.earshot.tensor.kmeans.UnitRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * See {@link dev.earshot.tensor.Backend#cosineKMeans}. Each worker takes some of the frames; of the frames that are left when
 * every worker has as many as the others, each takes some of the restarts. They cluster in Java arrays that each worker keeps
 * for the next frame: about three megabytes for 256 rows of 1280 channels.
 */
record CosineKMeansOp(
        View x, View indices, KMeansSettings settings, View labels, View centroids, View similarities, View inertia)
        implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        long frames = x.dim(0);
        long left = sharedFrames(binder);
        long whole = frames - left;
        String name = "cosineKMeans " + x;
        Form form = new Form(settings, Math.toIntExact(x.dim(1)), Math.toIntExact(x.dim(2)));
        if (whole > 0) {
            RowSharing.add(binder, name, whole, x.elements(), worker -> frame -> {
                Memory memory = form.memory(worker);
                load(frame, memory.rows);
                memory.restarts.run(memory.rows, number(frame), 0, settings.restarts());
                memory.best.choose(memory.all);
                store(frame, memory.best);
            });
        }
        if (left > 0) {
            new SharedFrames(form, whole, (int) left, binder.workers()).bind(binder, name);
        }
    }

    /** How many of the last frames are worth sharing: fewer than there are workers. */
    private long sharedFrames(Binder binder) {
        long left = x.dim(0) % binder.workers();
        long elements = left * x.dim(1) * x.dim(2);
        boolean shares = settings.restarts() > 1 && RowSharing.workers(binder, 2, elements) > 1;
        return shares ? left : 0;
    }

    /** What the size of a worker's memory depends on. */
    private record Form(KMeansSettings settings, int rows, int width) {
        Memory memory(Worker worker) {
            return worker.heap().get(Memory.class, this, Memory::new);
        }
    }

    /** A worker's memory for one frame, or for its part of one. */
    private static final class Memory {
        private final UnitRows rows;
        private final Restarts restarts;
        private final Restarts[] all;
        private final Best best;

        Memory(Form form) {
            this.rows = UnitRows.allocate(form.rows(), form.width());
            this.restarts = new Restarts(form.settings(), form.rows(), form.width());
            this.all = new Restarts[] {restarts};
            this.best = new Best(form.settings(), form.rows(), form.width());
        }
    }

    /** The last frames, fewer than workers: their restarts are dealt out in parts, no worker getting more than one. */
    private final class SharedFrames {
        private final Form form;
        private final long first;
        private final int parts;
        private final Memory[] rows; // by frame: whose rows are the frame's
        private final Restarts[][] runs;

        SharedFrames(Form form, long first, int frames, int workers) {
            this.form = form;
            this.first = first;
            this.parts = Math.min(settings.restarts(), workers / frames);
            this.rows = new Memory[frames];
            this.runs = new Restarts[frames][parts];
        }

        void bind(Binder binder, String name) {
            deal(binder, name + " rows", rows.length, this::load);
            deal(binder, name + " restarts", rows.length * parts, this::cluster);
            deal(binder, name + " choice", rows.length, this::choose);
        }

        @FunctionalInterface
        private interface Unit {
            void run(Worker worker, int index);
        }

        /** One unit per worker: their memories hold one each. */
        private void deal(Binder binder, String name, int units, Unit unit) {
            Task[] shares = new Task[units];
            for (int i = 0; i < units; i++) {
                Worker worker = binder.worker(i);
                int index = i;
                shares[i] = () -> unit.run(worker, index);
            }
            binder.add(name, 0, shares);
        }

        private void load(Worker worker, int index) {
            rows[index] = form.memory(worker);
            CosineKMeansOp.this.load(first + index, rows[index].rows);
        }

        private void cluster(Worker worker, int unit) {
            int index = unit / parts;
            int part = unit % parts;
            int restarts = settings.restarts();
            Restarts own = form.memory(worker).restarts;
            own.run(rows[index].rows, number(first + index), restarts * part / parts, restarts * (part + 1) / parts);
            runs[index][part] = own;
        }

        private void choose(Worker worker, int index) {
            Best best = form.memory(worker).best;
            best.choose(runs[index]);
            store(first + index, best);
            Arrays.fill(runs[index], null); // whoever holds this op should not hold the workers' memory
            rows[index] = null;
        }
    }

    private int number(long frame) {
        return ALL.get(I32, indices.at(frame * indices.stride(0)));
    }

    private void store(long frame, Best best) {
        int[] own = best.labels();
        MemorySegment.copy(own, 0, ALL, I32, labels.at(frame * own.length), own.length);
        store(best.centroids(), centroids.at(frame * best.centroids().length));
        store(best.similarities(), similarities.at(frame * best.similarities().length));
        ALL.set(F32, inertia.at(frame), (float) best.inertia());
    }

    private void load(long frame, UnitRows rows) {
        int count = Math.toIntExact(x.dim(1));
        int width = Math.toIntExact(x.dim(2));
        for (int row = 0; row < count; row++) {
            long from = x.at(frame * x.stride(0) + row * x.stride(1));
            MemorySegment.copy(ALL, F32, from, rows.values(), row * width, width);
        }
        rows.prepare();
    }

    private static void store(float[] from, long address) {
        MemorySegment.copy(from, 0, ALL, F32, address, from.length);
    }
}
