package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import dev.earshot.tensor.kmeans.Clustering;
import dev.earshot.tensor.kmeans.CosineKMeans;
import dev.earshot.tensor.kmeans.KMeansTrace;
import dev.earshot.tensor.kmeans.UnitRows;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * See {@link dev.earshot.tensor.Backend#cosineKMeans}. Each worker takes some of the frames and clusters them in Java arrays,
 * which are garbage afterwards: of 1280 channels and 256 rows about three megabytes per frame.
 */
record CosineKMeansOp(
        View x, View indices, CosineKMeans kMeans, View labels, View centroids, View similarities, View inertia)
        implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;

    @Override
    public void bind(Binder binder) {
        RowSharing.add(binder, "cosineKMeans " + x, x.dim(0), x.elements(), worker -> this::cluster);
    }

    private void cluster(long frame) {
        Clustering result =
                kMeans.cluster(rows(frame), ALL.get(I32, indices.at(frame * indices.stride(0))), KMeansTrace.NONE);
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
