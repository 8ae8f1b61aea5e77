/**
 * Outlines of objects from the picture alone, for matching with masks: {@link dev.earshot.segmentation.proposals.ColourRegions}
 * joins pixels of similar colour, and then the patches of one object.
 */
package dev.earshot.segmentation.proposals;
