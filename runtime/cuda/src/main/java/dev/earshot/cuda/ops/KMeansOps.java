package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;

/** Cosine k-means. */
public final class KMeansOps {
    private final CudaContext cuda;

    public KMeansOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void cosineKMeans(
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia) {
        throw new UnsupportedOperationException("cosineKMeans on " + cuda);
    }
}
