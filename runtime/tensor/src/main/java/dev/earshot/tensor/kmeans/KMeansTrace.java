package dev.earshot.tensor.kmeans;

/** Watches a clustering; the arrays belong to the clustering and must be copied to be kept. */
public interface KMeansTrace {
    /** Ignores everything. */
    KMeansTrace NONE = new KMeansTrace() {};

    /** A run starts from these rows. */
    default void started(int frame, int restart, int[] rows) {}

    /**
     * One Lloyd iteration is done.
     *
     * @param labels [rows], after empty clusters were given a row
     * @param centroids [K, C], after the update
     * @param inertia of the assignment, before empty clusters were given a row
     */
    default void iterated(int[] labels, double[] centroids, double inertia) {}

    /** A run is done. */
    default void finished(int frame, int restart, double inertia) {}
}
