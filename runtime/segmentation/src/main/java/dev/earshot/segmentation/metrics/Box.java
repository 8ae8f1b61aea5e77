package dev.earshot.segmentation.metrics;

import dev.earshot.segmentation.BinaryMask;
import java.util.List;

/**
 * A rectangle round a sounding object, in shares of the picture's sides, as annotated; coordinates may lie outside
 * [0, 1] and extents may be negative.
 */
public record Box(double xMin, double yMin, double xMax, double yMax) {
    public Box {
        if (Double.isNaN(xMin) || Double.isNaN(yMin) || Double.isNaN(xMax) || Double.isNaN(yMax)) {
            throw new IllegalArgumentException(
                    "box: expected numbers, got [%s, %s, %s, %s]".formatted(xMin, yMin, xMax, yMax));
        }
    }

    /**
     * The union of boxes as a mask of {@code side} x {@code side}: coordinates clipped to [0, 1], scaled and cut to whole
     * pixels, the ends exclusive (stoneMo/EZ-VSL, datasets.py). A box without extent contributes nothing.
     */
    public static BinaryMask union(List<Box> boxes, int side) {
        BinaryMask mask = new BinaryMask(side, side);
        for (Box box : boxes) {
            int toX = pixel(box.xMax, side);
            int toY = pixel(box.yMax, side);
            for (int y = pixel(box.yMin, side); y < toY; y++) {
                for (int x = pixel(box.xMin, side); x < toX; x++) {
                    mask.set(x, y);
                }
            }
        }
        return mask;
    }

    private static int pixel(double coordinate, int side) {
        return (int) (Math.clamp(coordinate, 0, 1) * side);
    }
}
