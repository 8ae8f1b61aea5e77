package dev.earshot.models.sam;

/**
 * The frame that SAM looks at: patches in rows and columns. 64 x 64 patches of 16 pixels in the published models.
 *
 * @param rows patches from top to bottom, gh
 * @param columns patches from left to right, gw
 * @param patchSize side of a patch in pixels
 */
public record SamGrid(int rows, int columns, int patchSize) {
    /** Checks that there is a frame. */
    public SamGrid {
        if (rows <= 0 || columns <= 0 || patchSize <= 0) {
            throw new IllegalArgumentException("SAM's grid: expected positive sizes, got %d x %d patches of %d pixels"
                    .formatted(rows, columns, patchSize));
        }
    }

    /** Patches in all. */
    public int tokens() {
        return Math.multiplyExact(rows, columns);
    }

    /** Pixels from top to bottom. */
    public int imageHeight() {
        return Math.multiplyExact(rows, patchSize);
    }

    /** Pixels from left to right. */
    public int imageWidth() {
        return Math.multiplyExact(columns, patchSize);
    }
}
