/**
 * Cascades of frozen networks that outline what sounds without training: one network proposes objects, another holds them
 * against the sound (arXiv 2309.06728).
 */
package dev.earshot.segmentation.cascade;
