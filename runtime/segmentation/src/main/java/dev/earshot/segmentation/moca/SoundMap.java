package dev.earshot.segmentation.moca;

import dev.earshot.segmentation.FrameMask;
import dev.earshot.segmentation.metrics.HeatMap;

/**
 * Where a frame's sound may come from, graded and outlined.
 *
 * @param cosines on the grid of tokens: how near each place is to the sound in the joint space, whatever the clusters; one
 *     value of -1 if the sound is too quiet to look for anything
 * @param outline the mask that MoCA draws
 */
public record SoundMap(HeatMap cosines, FrameMask outline) {}
