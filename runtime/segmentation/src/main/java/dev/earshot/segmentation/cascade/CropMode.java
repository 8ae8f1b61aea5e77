package dev.earshot.segmentation.cascade;

/** How the part of a frame inside a box becomes the square that an image network takes. */
public enum CropMode {
    /** ImageBind's own preprocessing: short side to 224, then the centre; the ends of long boxes are lost. */
    IMAGEBIND,
    /** Resized to 224 x 224 whatever its aspect. */
    STRETCH,
    /** Padded to a square with the mean colour first, the part in the middle. */
    PAD
}
