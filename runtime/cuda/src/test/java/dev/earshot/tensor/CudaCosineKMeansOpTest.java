package dev.earshot.tensor;

/** Cosine k-means, on the CUDA backend. */
class CudaCosineKMeansOpTest extends CosineKMeansOpTest {}
