package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.output.CocoRle;

/**
 * A mask that the generator found. Kept as run lengths: a few kilobytes, whatever the picture's size.
 *
 * @param rle the mask in the whole picture
 * @param box around it
 * @param predictedIou how well the network thinks that it fits an object
 * @param stability how little it depends on the threshold; not a number if that was not asked and the mask is empty
 * @param pointX column of the point that it answers, in pixels of the whole picture
 * @param pointY row of the point
 * @param crop the part of the picture in which it was found
 */
public record GeneratedMask(
        CocoRle rle, MaskBox box, float predictedIou, float stability, double pointX, double pointY, PixelBox crop) {
    /** The pixels. */
    public BinaryMask mask() {
        return rle.toMask();
    }

    /** Number of set pixels. */
    public long area() {
        return rle.area();
    }

    /** SAM's x, y, width, height: the width is last minus first column, so a mask of one pixel has width 0. */
    public int[] bbox() {
        return new int[] {box.left(), box.top(), box.right() - box.left(), box.bottom() - box.top()};
    }

    /** The crop as x, y, width, height. */
    public int[] cropBox() {
        return new int[] {crop.left(), crop.top(), crop.width(), crop.height()};
    }
}
