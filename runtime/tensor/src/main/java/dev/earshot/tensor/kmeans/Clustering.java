package dev.earshot.tensor.kmeans;

/**
 * The clusters of one set of rows.
 *
 * @param clusters K
 * @param width C
 * @param labels [rows], 0 to K - 1; dead rows have label 0
 * @param centroids [K, C], unit length; a cluster that never had a member keeps its starting point
 * @param similarities [rows, K], the cosine of each row with each centroid; 0 for dead rows
 * @param inertia sum over the live rows of 1 - cosine to the own centroid; NaN if a row had an element that is none or
 *     infinite
 * @param restart which restart was the best
 */
public record Clustering(
        int clusters, int width, int[] labels, float[] centroids, float[] similarities, double inertia, int restart) {}
