package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.KMeansLloydKernel;
import dev.earshot.cuda.kernels.KMeansProblems;
import dev.earshot.cuda.kernels.KMeansResultKernel;
import dev.earshot.cuda.kernels.KMeansSeedKernel;
import dev.earshot.tensor.KMeansSettings;
import dev.earshot.tensor.Tensor;

/**
 * Cosine k-means: all frames and restarts at once, every iteration on the device, nothing read back in between. The number of
 * launches depends on the settings alone, so that a captured program holds for any features.
 */
public final class KMeansOps {
    private final CudaContext cuda;
    private final KMeansSeedKernel seed;
    private final KMeansLloydKernel lloyd;
    private final KMeansResultKernel result;

    public KMeansOps(CudaContext cuda) {
        this.cuda = cuda;
        this.seed = new KMeansSeedKernel(cuda);
        this.lloyd = new KMeansLloydKernel(cuda);
        this.result = new KMeansResultKernel(cuda);
    }

    public void cosineKMeans(
            Tensor x,
            Tensor indices,
            KMeansSettings settings,
            Tensor labels,
            Tensor centroids,
            Tensor similarities,
            Tensor inertia) {
        KMeansProblems problems =
                new KMeansProblems(cuda, x, indices, settings, labels, centroids, similarities, inertia);
        seed.launch(problems);
        lloyd.launch(problems, settings.maxIterations());
        result.launch(problems, settings.hartigan());
    }
}
