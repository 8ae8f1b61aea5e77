package dev.earshot.models.adaav;

/** In which form dense image features are taken. */
public enum FeatureNorm {
    /** The residual stream after the last block, as it is. */
    NONE,
    /**
     * After the frozen layer norm of the image head; the default. Free of scale, which suits cosine k-means and losses,
     * since single channels of a deep residual stream can dominate.
     */
    HEAD
}
