/**
 * MoCA's way from audio-enhanced features to a mask: {@link dev.earshot.tensor.Backend#cosineKMeans}, the choice of the
 * sounding clusters, upsampling to the frame, and matching with mask proposals.
 */
package dev.earshot.segmentation.moca;
