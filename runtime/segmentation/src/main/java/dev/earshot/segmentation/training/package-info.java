/**
 * Learning MoCA's adapters: the clips ({@link dev.earshot.segmentation.training.TrainingClips}), the neighbour table, the
 * sampler of triplets, caches of frozen states, and the training loop.
 *
 * <p>Networks and their ops do not belong here; evaluation does not either.
 */
package dev.earshot.segmentation.training;
