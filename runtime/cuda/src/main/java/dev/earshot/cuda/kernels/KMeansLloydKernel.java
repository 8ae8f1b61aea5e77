package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;

/**
 * The iterations of cosine k-means for all problems at once; a problem that is done costs empty blocks. Source:
 * kmeans_lloyd.cu. Reference: LloydRun of {@code dev.earshot.tensor.kmeans}.
 */
public final class KMeansLloydKernel {
    /** In place of the number of an iteration: assign and leave it at that. */
    private static final int LAST = -1;

    private final Kernel start;
    private final Kernel assign;
    private final Kernel update;

    public KMeansLloydKernel(CudaContext cuda) {
        this.start = cuda.kernel("kmeans_lloyd", "kmeans_start");
        this.assign = cuda.kernel("kmeans_lloyd", "kmeans_assign");
        this.update = cuda.kernel("kmeans_lloyd", "kmeans_update");
    }

    /** Two launches per iteration and two around them. */
    public void launch(KMeansProblems problems, int maxIterations) {
        problems.begin(start).run(problems.byClusterWarp(), KMeansProblems.BLOCK);
        for (int iteration = 0; iteration < maxIterations; iteration++) {
            problems.begin(assign).integer(iteration).run(problems.byProblemTile(), KMeansProblems.BLOCK);
            problems.begin(update).integer(iteration).run(problems.byCluster(), KMeansProblems.BLOCK);
        }
        problems.begin(assign).integer(LAST).run(problems.byProblemTile(), KMeansProblems.BLOCK);
    }
}
