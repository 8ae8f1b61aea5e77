package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;

/**
 * The box of a mask as SAM writes it: least and largest column and row of the set pixels, both inclusive; four zeros if none is
 * set.
 *
 * @param left least column
 * @param top least row
 * @param right largest column
 * @param bottom largest row
 */
public record MaskBox(int left, int top, int right, int bottom) {
    /** The box of a mask. */
    static MaskBox of(BinaryMask mask) {
        return mask.bounds()
                .map(b -> new MaskBox(b.left(), b.top(), b.right() - 1, b.bottom() - 1))
                .orElse(new MaskBox(0, 0, 0, 0));
    }

    /** The box moved to the right and down. */
    MaskBox shifted(int x, int y) {
        return new MaskBox(left + x, top + y, right + x, bottom + y);
    }
}
