package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;

/**
 * From the runs of cosine k-means to the results of each frame. Source: kmeans_result.cu. Reference: LloydRun.refine and
 * CosineKMeans of {@code dev.earshot.tensor.kmeans}.
 */
public final class KMeansResultKernel {
    private final Kernel refine;
    private final Kernel select;
    private final Kernel similarities;

    public KMeansResultKernel(CudaContext cuda) {
        this.refine = cuda.kernel("kmeans_result", "kmeans_refine");
        this.select = cuda.kernel("kmeans_result", "kmeans_select");
        this.similarities = cuda.kernel("kmeans_result", "kmeans_similarities");
    }

    /** Refines the runs if {@code hartigan}, chooses the best of each frame and writes the op's results. */
    public void launch(KMeansProblems problems, boolean hartigan) {
        if (hartigan) {
            problems.begin(refine).run(problems.byProblem(), KMeansProblems.BLOCK);
        }
        problems.begin(select).integer(hartigan ? 1 : 0).run(problems.byFrame(), KMeansProblems.BLOCK);
        problems.begin(similarities).run(problems.byFrameTile(), KMeansProblems.BLOCK);
    }
}
