package dev.earshot.segmentation.moca;

/**
 * The clusters of the tokens of one frame.
 *
 * @param clusters K
 * @param labels [tokens], 0 to K - 1
 * @param similarities [tokens, K], the cosine of each token with each centroid
 */
public record FrameClusters(int clusters, int[] labels, float[] similarities) {
    public FrameClusters {
        if (similarities.length != (long) labels.length * clusters) {
            throw new IllegalArgumentException("frame clusters: expected %d x %d similarities, got %d"
                    .formatted(labels.length, clusters, similarities.length));
        }
    }
}
