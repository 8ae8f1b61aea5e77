package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;

/**
 * Rows of length 1 and the rows that the runs of cosine k-means start from. Source: kmeans_seed.cu. Reference: UnitRows and
 * PlusPlus of {@code dev.earshot.tensor.kmeans}.
 */
public final class KMeansSeedKernel {
    private final Kernel unitRows;
    private final Kernel firstRow;
    private final Kernel nextRow;

    public KMeansSeedKernel(CudaContext cuda) {
        this.unitRows = cuda.kernel("kmeans_seed", "kmeans_unit_rows");
        this.firstRow = cuda.kernel("kmeans_seed", "kmeans_first_row");
        this.nextRow = cuda.kernel("kmeans_seed", "kmeans_next_row");
    }

    /** K + 1 launches. */
    public void launch(KMeansProblems problems) {
        problems.begin(unitRows).run(problems.byRow(), KMeansProblems.BLOCK);
        problems.begin(firstRow).run(problems.byProblem(), KMeansProblems.BLOCK);
        for (int step = 0; step < problems.clusters() - 1; step++) {
            problems.begin(nextRow).integer(step).run(problems.byProblemTile(), KMeansProblems.BLOCK);
        }
    }
}
