package dev.earshot.segmentation.image;

import dev.earshot.segmentation.MediaException;

/**
 * How large a picture may be before it is refused; checked against its header, before a pixel is decoded.
 *
 * @param maxSide columns or rows
 * @param maxPixels columns times rows
 * @param maxFileBytes size of the file itself
 */
public record ImageLimits(int maxSide, long maxPixels, long maxFileBytes) {
    /** 32,768 a side and 178 million pixels (where Pillow refuses too), files up to 512 MiB. */
    public static final ImageLimits DEFAULT = new ImageLimits(32_768, 178_000_000L, 512L << 20);

    /** Checks that the limits make sense. */
    public ImageLimits {
        if (maxSide < 1 || maxPixels < 1 || maxPixels > Integer.MAX_VALUE / 4 || maxFileBytes < 1) {
            throw new IllegalArgumentException("image limits: expected positive values and at most "
                    + Integer.MAX_VALUE / 4 + " pixels, got side " + maxSide + ", pixels " + maxPixels + ", file bytes "
                    + maxFileBytes);
        }
    }

    /** Refuses a size that is zero, beyond the limits, or would not fit in the heap of this JVM. */
    void check(String what, long width, long height) {
        if (width < 1 || height < 1) {
            throw MediaException.of(
                    what + " size", "at least 1x1", width + "x" + height, "the file is damaged; export it again");
        }
        if (width > maxSide || height > maxSide || width * height > maxPixels) {
            throw MediaException.of(
                    what + " size",
                    "at most " + maxSide + " a side and " + maxPixels + " pixels",
                    width + "x" + height,
                    "scale the image down first");
        }
        long bytes = 6 * width * height; // the decoder's own copy and ours
        if (bytes > Runtime.getRuntime().maxMemory() / 2) {
            throw MediaException.of(
                    what + " memory",
                    "at most half of the heap",
                    (bytes >> 20) + " MiB for " + width + "x" + height,
                    "start Java with a larger -Xmx or scale the image down");
        }
    }
}
