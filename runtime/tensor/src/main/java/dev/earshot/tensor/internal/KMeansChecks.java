package dev.earshot.tensor.internal;

import static dev.earshot.tensor.Checks.argument;
import static dev.earshot.tensor.Checks.dtype;
import static dev.earshot.tensor.Checks.rank;
import static dev.earshot.tensor.Checks.shape;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;

/** The argument checks of cosine k-means, shared by all backends. */
public final class KMeansChecks {
    private KMeansChecks() {}

    /** For {@link dev.earshot.tensor.Backend#cosineKMeans}. */
    public static void cosineKMeans(
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia) {
        rank("cosineKMeans x", x, 3);
        dtype("cosineKMeans x", x, DType.F32);
        long frames = x.dim(0);
        long rows = x.dim(1);
        int clusters = settings.clusters();
        argument(
                frames == 0 || (rows >= clusters && x.dim(2) > 0),
                "cosineKMeans x",
                "expected [frames, at least %d rows for as many clusters, C], got %s",
                clusters,
                x);
        argument(
                rows <= Integer.MAX_VALUE / Math.max(x.dim(2), clusters),
                "cosineKMeans x",
                "expected fewer than 2^31 elements and cosines in a frame, got %s with %d clusters",
                x,
                clusters);
        OpChecks.dense("cosineKMeans x", x);
        result("cosineKMeans indices", indices, DType.I32, frames);
        result("cosineKMeans labels", labels, DType.I32, frames, rows);
        result("cosineKMeans centroids", centroids, DType.F32, frames, clusters, x.dim(2));
        result("cosineKMeans similarities", similarities, DType.F32, frames, rows, clusters);
        result("cosineKMeans inertia", inertia, DType.F32, frames);
        OpChecks.distinct("cosineKMeans centroids", x, centroids);
        OpChecks.distinct("cosineKMeans similarities", x, similarities);
    }

    private static void result(String what, Tensor tensor, DType type, long... dims) {
        shape(what, tensor, dims);
        dtype(what, tensor, type);
        argument(tensor.isContiguous(), what, "expected a contiguous tensor, got %s; copy it first", tensor);
    }
}
