/**
 * Segment Anything on pictures: {@link dev.earshot.segmentation.sam.SamPredictor} answers prompts in picture pixels,
 * {@link dev.earshot.segmentation.sam.AutomaticMaskGenerator} finds everything by asking for a grid of points. The network is
 * {@link dev.earshot.models.sam.Sam}; here is what comes before it ({@link dev.earshot.segmentation.sam.SamTransform}) and
 * after it. Masks are made at the size of the picture only where they are wanted.
 */
package dev.earshot.segmentation.sam;
