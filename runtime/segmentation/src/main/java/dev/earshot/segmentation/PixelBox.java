package dev.earshot.segmentation;

/**
 * A box of whole pixels.
 *
 * @param left first column
 * @param top first row
 * @param right column after the last
 * @param bottom row after the last
 */
public record PixelBox(int left, int top, int right, int bottom) {
    /** Checks that the box holds a pixel. */
    public PixelBox {
        if (left >= right || top >= bottom) {
            throw new IllegalArgumentException("pixel box: expected left < right and top < bottom, got %d, %d, %d, %d"
                    .formatted(left, top, right, bottom));
        }
    }

    /** Columns. */
    public int width() {
        return right - left;
    }

    /** Rows. */
    public int height() {
        return bottom - top;
    }
}
