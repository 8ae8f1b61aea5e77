package dev.earshot.segmentation.image;

/**
 * A picture as its file stores it, for files whose palette numbers mean something, such as masks.
 *
 * @param pixels the colours; where {@code indexed}, each of the three bytes is the palette number instead
 * @param indexed whether the file is a PNG with a palette
 */
public record StoredImage(RgbImage pixels, boolean indexed) {}
