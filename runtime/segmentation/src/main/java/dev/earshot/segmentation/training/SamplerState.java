package dev.earshot.segmentation.training;

/**
 * Where a sampler stands.
 *
 * @param epoch passes over the clips begun before this one
 * @param position anchors of this epoch already taken
 * @param random state of the generator before the next draw
 * @param epochStart state of the generator at the start of this epoch, from which its order follows
 */
record SamplerState(long epoch, int position, long random, long epochStart) {}
