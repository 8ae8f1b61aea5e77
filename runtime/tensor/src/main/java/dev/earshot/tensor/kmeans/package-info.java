/**
 * Cosine k-means on the host: what the reference and the CPU backend run for
 * {@link dev.earshot.tensor.Backend#cosineKMeans}, with a trace of how a result came about. Every sum has a fixed order
 * that suits many threads as well as one, so that a backend with other hardware can give the very same bits.
 */
package dev.earshot.tensor.kmeans;
