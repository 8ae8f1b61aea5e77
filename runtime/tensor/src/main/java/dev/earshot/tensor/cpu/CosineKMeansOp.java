package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.tensor.kmeans.Clustering;
import dev.earshot.tensor.kmeans.CosineKMeans;
import dev.earshot.tensor.kmeans.KMeansTrace;
import dev.earshot.tensor.kmeans.UnitRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * See {@link dev.earshot.tensor.Backend#cosineKMeans}. Each worker takes some of the frames; of the frames that are left when
 * every worker has as many as the others, each takes some of the restarts. They cluster in Java arrays, which are garbage
 * afterwards: of 1280 channels and 256 rows about three megabytes per frame.
 */
record CosineKMeansOp(
        View x, View indices, CosineKMeans kMeans, View labels, View centroids, View similarities, View inertia)
        implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        long frames = x.dim(0);
        long left = kMeans.settings().restarts() == 1 ? 0 : frames % binder.workers();
        long whole = frames - left;
        String name = "cosineKMeans " + x;
        if (whole > 0) {
            RowSharing.add(binder, name, whole, x.elements(), worker -> frame -> {
                Clustering result = kMeans.cluster(rows(frame), number(frame), KMeansTrace.NONE);
                store(frame, result);
            });
        }
        if (left > 0) {
            new SharedFrames(whole, (int) left, binder.workers()).bind(binder, name);
        }
    }

    /** The last frames, fewer than workers: their restarts are dealt out in parts. */
    private final class SharedFrames {
        private final long first;
        private final int parts;
        private final UnitRows[] rows;
        private final CosineKMeans.Runs[][] runs;

        SharedFrames(long first, int frames, int workers) {
            this.first = first;
            this.parts = Math.min(kMeans.settings().restarts(), (workers + frames - 1) / frames);
            this.rows = new UnitRows[frames];
            this.runs = new CosineKMeans.Runs[frames][parts];
        }

        void bind(Binder binder, String name) {
            long elements = rows.length * x.dim(1) * x.dim(2);
            RowSharing.add(binder, name + " rows", rows.length, elements, worker -> this::load);
            RowSharing.add(binder, name + " restarts", rows.length * parts, elements, worker -> this::cluster);
            RowSharing.add(binder, name + " choice", rows.length, elements, worker -> this::choose);
        }

        private void load(long index) {
            rows[(int) index] = CosineKMeansOp.this.rows(first + index);
        }

        private void cluster(long unit) {
            int index = (int) unit / parts;
            int part = (int) unit % parts;
            int restarts = kMeans.settings().restarts();
            runs[index][part] = kMeans.runs(
                    rows[index], number(first + index), restarts * part / parts, restarts * (part + 1) / parts);
        }

        private void choose(long index) {
            store(first + index, kMeans.best(runs[(int) index]));
            Arrays.fill(runs[(int) index], null);
            rows[(int) index] = null;
        }
    }

    private int number(long frame) {
        return ALL.get(I32, indices.at(frame * indices.stride(0)));
    }

    private void store(long frame, Clustering result) {
        store(result.labels(), labels.at(frame * result.labels().length));
        store(result.centroids(), centroids.at(frame * result.centroids().length));
        store(result.similarities(), similarities.at(frame * result.similarities().length));
        ALL.set(F32, inertia.at(frame), (float) result.inertia());
    }

    private UnitRows rows(long frame) {
        int rows = Math.toIntExact(x.dim(1));
        int width = Math.toIntExact(x.dim(2));
        float[] values = new float[rows * width];
        for (int row = 0; row < rows; row++) {
            long from = x.at(frame * x.stride(0) + row * x.stride(1));
            MemorySegment.copy(ALL, F32, from, values, row * width, width);
        }
        return UnitRows.over(values, rows, width);
    }

    private static void store(int[] from, long address) {
        MemorySegment.copy(from, 0, ALL, I32, address, from.length);
    }

    private static void store(float[] from, long address) {
        MemorySegment.copy(from, 0, ALL, F32, address, from.length);
    }
}
