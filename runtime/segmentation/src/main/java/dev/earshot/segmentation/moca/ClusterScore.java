package dev.earshot.segmentation.moca;

/** How a cluster is scored against the sound. */
public enum ClusterScore {
    /** Cosine between the cluster's mean joint-space token and the audio embedding. */
    JOINT,
    /** How much the sound changes the cluster's features: mean of |f_audio - f_plain| / |f_plain|. Needs adapters. */
    DELTA
}
