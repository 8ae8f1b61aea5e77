package dev.earshot.tensor;

/**
 * How {@link Backend#cosineKMeans} clusters.
 *
 * @param clusters K, at least 1
 * @param restarts runs from different starting points, of which the best is kept; at least 1
 * @param seed base of the random numbers: equal seeds, equal clusters
 * @param maxIterations bound of the Lloyd iterations of one run
 * @param tolerance stop when the centroids together turn by no more than this (sum of 1 - cosine)
 * @param hartigan refine each run by moving single rows while that improves the objective
 */
public record KMeansSettings(
        int clusters, int restarts, long seed, int maxIterations, double tolerance, boolean hartigan) {
    /** 4 clusters, 4 restarts, seed 0, 100 iterations, tolerance 1e-6, no refinement. */
    public static final KMeansSettings DEFAULT = new KMeansSettings(4, 4, 0, 100, 1e-6, false);

    public KMeansSettings {
        if (clusters < 1 || restarts < 1 || maxIterations < 1) {
            throw new IllegalArgumentException(
                    "k-means: expected at least 1 cluster, restart and iteration, got %d, %d and %d"
                            .formatted(clusters, restarts, maxIterations));
        }
        if (!(tolerance >= 0)) {
            throw new IllegalArgumentException("k-means tolerance: expected 0 or more, got " + tolerance);
        }
    }
}
