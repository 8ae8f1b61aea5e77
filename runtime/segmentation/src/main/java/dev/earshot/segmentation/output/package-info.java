/**
 * Results on disk: masks as PNG and COCO RLE, overlays, contact sheets, and files that are either whole or not there.
 *
 * <p>Start at {@link dev.earshot.segmentation.output.Mask}.
 */
package dev.earshot.segmentation.output;
