package dev.earshot.segmentation.output;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.RgbImage;

/** A mask drawn on its frame: a tint (AVSBench mixes in half) and a crisp contour inside its border. */
public final class Overlay {
    /** The weight of the tint. */
    public static final double WEIGHT = 0.5;

    /** The tint, a warm red that few scenes have in large areas. */
    public static final int TINT = 0xff3b30;

    private static final int CONTOUR = 0xffffff;
    private static final int SHADOW = 0x000000;

    private Overlay() {}

    /** Draws with {@link #TINT}; the frame itself is not changed. */
    public static RgbImage draw(RgbImage frame, BinaryMask mask) {
        return draw(frame, mask, TINT, WEIGHT);
    }

    /**
     * Draws a mask on a copy of its frame.
     *
     * @param mask of the frame's size
     * @param tint colour 0xRRGGBB
     * @param weight how much of it, 0 to 1
     */
    public static RgbImage draw(RgbImage frame, BinaryMask mask, int tint, double weight) {
        int w = frame.width();
        int h = frame.height();
        if (mask.width() != w || mask.height() != h) {
            throw new IllegalArgumentException(
                    "overlay: expected a mask of " + w + "x" + h + ", got " + mask.width() + "x" + mask.height());
        }
        Canvas canvas = new Canvas(new RgbImage(w, h, frame.rgb().clone()));
        byte[] set = mask.toBytes((byte) 1);
        for (int i = 0; i < set.length; i++) {
            if (set[i] != 0) {
                canvas.blend(i % w, i / w, tint, weight);
            }
        }
        // About a three-hundredth of the picture, so that it is as fine in a thumbnail as in a 4K frame.
        int thickness = Math.max(1, Math.round(Math.min(w, h) / 300f));
        byte[] near = border(set, w, h, thickness);
        for (int i = 0; i < near.length; i++) {
            if (near[i] != 0) {
                canvas.blend(i % w, i / w, set[i] != 0 ? CONTOUR : SHADOW, set[i] != 0 ? 0.95 : 0.45);
            }
        }
        return canvas.image();
    }

    /** Marks the pixels on both sides of the mask's border up to a distance; the picture's edge is no border. */
    private static byte[] border(byte[] set, int w, int h, int thickness) {
        byte[] near = new byte[set.length];
        for (int y = 0; y < h; y++) {
            for (int x = 0; x < w; x++) {
                int i = y * w + x;
                boolean right = x + 1 < w && set[i] != set[i + 1];
                boolean below = y + 1 < h && set[i] != set[i + w];
                if (right) {
                    mark(near, w, h, x, y, thickness);
                    mark(near, w, h, x + 1, y, thickness);
                }
                if (below) {
                    mark(near, w, h, x, y, thickness);
                    mark(near, w, h, x, y + 1, thickness);
                }
            }
        }
        return near;
    }

    private static void mark(byte[] near, int w, int h, int x, int y, int thickness) {
        int r = thickness - 1;
        for (int dy = -r; dy <= r; dy++) {
            for (int dx = -r; dx <= r; dx++) {
                int px = x + dx;
                int py = y + dy;
                if (dx * dx + dy * dy <= r * r && px >= 0 && py >= 0 && px < w && py < h) {
                    near[py * w + px] = 1;
                }
            }
        }
    }
}
