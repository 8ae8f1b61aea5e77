package dev.earshot.segmentation.moca;

import java.util.Arrays;

/**
 * The clusters of the rows of one frame (or of all frames of a clip).
 *
 * @param clusters K
 * @param width C
 * @param labels [rows], 0 to K - 1; dead rows have label 0
 * @param centroids [K, C], unit length; a cluster that never had a member keeps its starting point
 * @param inertia sum over the live rows of 1 - cosine to the own centroid
 * @param restart which restart was the best
 */
public record Clustering(int clusters, int width, int[] labels, float[] centroids, double inertia, int restart) {
    /** The same clusters for the rows {@code from} to {@code to} (exclusive); the inertia stays that of all rows. */
    Clustering part(int from, int to) {
        return new Clustering(clusters, width, Arrays.copyOfRange(labels, from, to), centroids, inertia, restart);
    }
}
