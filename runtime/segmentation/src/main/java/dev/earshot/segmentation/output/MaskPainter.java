package dev.earshot.segmentation.output;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;
import java.awt.Color;

/**
 * Draws several masks on one picture, each in a colour of its own, and what they were asked with. Large masks first: what is
 * drawn later lies on top. One thread at a time.
 */
public final class MaskPainter {
    private static final double TINT = 0.45;
    private static final double OUTLINE = 0.9;
    private static final int ON_OBJECT = 0x34c759;
    private static final int OFF_OBJECT = 0xff3b30;
    private static final int PAPER = 0xffffff;

    /** Steps round the colour wheel by this share never come back to a colour. */
    private static final double GOLDEN = 0.6180339887498949;

    private final Canvas canvas;
    private final int width;
    private final int height;
    private int drawn;

    /** Draws on a copy of the picture. */
    public MaskPainter(RgbImage picture) {
        width = picture.width();
        height = picture.height();
        canvas = new Canvas(new RgbImage(width, height, picture.rgb().clone()));
    }

    /** The colour of the mask that is drawn as number {@code index}, 0xRRGGBB. */
    public static int colour(int index) {
        double hue = 0.02 + index * GOLDEN;
        return Color.HSBtoRGB((float) (hue - Math.floor(hue)), 0.8f, 1) & 0xffffff;
    }

    /** Tints a mask of the picture's size with the next colour and outlines it. */
    public MaskPainter mask(BinaryMask mask) {
        if (mask.width() != width || mask.height() != height) {
            throw new IllegalArgumentException("overlay: expected a mask of %d x %d, got %d x %d"
                    .formatted(width, height, mask.width(), mask.height()));
        }
        int colour = colour(drawn++);
        byte[] set = mask.toBytes((byte) 1);
        for (int i = 0; i < set.length; i++) {
            if (set[i] != 0) {
                int x = i % width;
                canvas.blend(x, i / width, colour, isBorder(set, x, i) ? OUTLINE : TINT);
            }
        }
        return this;
    }

    /** A set pixel with a neighbour that is not; the picture's edge is no border. */
    private boolean isBorder(byte[] set, int x, int i) {
        return x > 0 && set[i - 1] == 0
                || x + 1 < width && set[i + 1] == 0
                || i >= width && set[i - width] == 0
                || i + width < set.length && set[i + width] == 0;
    }

    /** Marks a point on (green) or off (red) the object. */
    public MaskPainter point(double x, double y, boolean onObject) {
        double size = Math.max(4, Math.min(width, height) / 60.0);
        double[][] dot = {{x, y, x, y}};
        canvas.stroke(dot, size * 1.5, PAPER);
        canvas.stroke(dot, size, onObject ? ON_OBJECT : OFF_OBJECT);
        return this;
    }

    /** Frames a box. */
    public MaskPainter box(double x0, double y0, double x1, double y1) {
        double[][] frame = {{x0, y0, x1, y0, x1, y1, x0, y1, x0, y0}};
        canvas.stroke(frame, Math.max(1, Math.min(width, height) / 200.0), ON_OBJECT);
        return this;
    }

    /** The picture so far; not a copy. */
    public RgbImage image() {
        return canvas.image();
    }
}
