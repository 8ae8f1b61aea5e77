package dev.earshot.tensor;

/**
 * How a mask of low resolution is brought to the size of its picture: enlarged bilinearly to the square (or other) frame that
 * the network saw, cut to the upper left part of it that showed the picture, and enlarged or reduced bilinearly again. Half-pixel
 * centres, borders clamped, no anti-aliasing; Segment Anything's postprocessing.
 *
 * @param frameHeight rows of the network's frame
 * @param frameWidth columns of the network's frame
 * @param insetHeight rows of the frame that showed the picture, from the top
 * @param insetWidth columns of the frame that showed the picture, from the left
 * @param height rows of the picture
 * @param width columns of the picture
 */
public record MaskResize(int frameHeight, int frameWidth, int insetHeight, int insetWidth, int height, int width) {
    /** Counts of pixels and their numbers are 32-bit. */
    private static final long MOST_PIXELS = Integer.MAX_VALUE;

    /** Checks the sizes. */
    public MaskResize {
        boolean positive =
                frameHeight > 0 && frameWidth > 0 && insetHeight > 0 && insetWidth > 0 && height > 0 && width > 0;
        if (!positive
                || insetHeight > frameHeight
                || insetWidth > frameWidth
                || (long) height * width > MOST_PIXELS
                || (long) frameHeight * frameWidth > MOST_PIXELS) {
            throw new IllegalArgumentException(
                    "mask resize: expected positive sizes, an inset within its frame and fewer than 2^31 pixels, got frame "
                            + "%d x %d, inset %d x %d, picture %d x %d"
                                    .formatted(frameHeight, frameWidth, insetHeight, insetWidth, height, width));
        }
    }

    /** 64-bit words that hold a mask of the picture, a bit per pixel. */
    public int words() {
        return Math.toIntExact(((long) height * width + Long.SIZE - 1) / Long.SIZE);
    }
}
