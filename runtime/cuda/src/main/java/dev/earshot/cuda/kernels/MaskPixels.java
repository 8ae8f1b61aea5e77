package dev.earshot.cuda.kernels;

import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;

/** What the kernels on masks share, as {@code mask_pixels.cuh} has it. */
final class MaskPixels {
    static final int BLOCK = 256;

    /** Rows of the picture that a block takes at a time. */
    static final int ROWS = 64;

    private MaskPixels() {}

    /** The {@code Sizes} struct for logits [N, h, w]. */
    static long[] sizes(Tensor logits, MaskResize resize) {
        return new long[] {
            logits.dim(1),
            logits.dim(2),
            resize.frameHeight(),
            resize.frameWidth(),
            resize.insetHeight(),
            resize.insetWidth(),
            resize.height(),
            resize.width()
        };
    }
}
