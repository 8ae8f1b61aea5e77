package dev.earshot.segmentation.cascade;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.PixelBox;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.ImagePreprocess;
import dev.earshot.segmentation.image.RgbImage;
import java.util.Objects;
import java.util.Optional;

/**
 * Cuts the surroundings of an object out of a frame for an image network.
 *
 * @param mode how the part becomes a square
 * @param margin the box grows by this fraction of its width and height, half of it on either side, before it is cut off
 *     at the frame's border
 * @param masked whether pixels outside the object's mask get the mean colour first
 */
public record RegionCrop(CropMode mode, double margin, boolean masked) {
    /** The box as it is, ImageBind's preprocessing, the background left in. */
    public static final RegionCrop DEFAULT = new RegionCrop(CropMode.IMAGEBIND, 0, false);

    /** Mean colour of ImageBind's training pictures, which its preprocessing turns into about 0. */
    static final int MEAN_COLOUR = 0x7b7568;

    /** Narrower parts are not worth looking at. */
    private static final int LEAST_SIDE = 2;

    /** Checks the margin. */
    public RegionCrop {
        Objects.requireNonNull(mode, "mode");
        if (!(margin >= 0 && margin < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("crop margin: expected a fraction of at least 0, got " + margin);
        }
    }

    /**
     * The pixels to cut for a box with float corners: margin, cut off at the border, rounded outwards.
     *
     * @param width columns of the frame
     * @param height rows of the frame
     * @return empty if fewer than 2 x 2 pixels are left
     */
    public Optional<PixelBox> rectangle(double left, double top, double right, double bottom, int width, int height) {
        double sideways = margin * (right - left) / 2;
        double upwards = margin * (bottom - top) / 2;
        int x0 = (int) Math.floor(Math.clamp(left - sideways, 0, width));
        int y0 = (int) Math.floor(Math.clamp(top - upwards, 0, height));
        int x1 = (int) Math.ceil(Math.clamp(right + sideways, 0, width));
        int y1 = (int) Math.ceil(Math.clamp(bottom + upwards, 0, height));
        return x1 - x0 < LEAST_SIDE || y1 - y0 < LEAST_SIDE
                ? Optional.empty()
                : Optional.of(new PixelBox(x0, y0, x1, y1));
    }

    /** The pixels to cut for an object's mask; empty if the mask is, or fewer than 2 x 2 pixels are left. */
    public Optional<PixelBox> rectangle(BinaryMask mask) {
        return mask.bounds()
                .flatMap(b -> rectangle(b.left(), b.top(), b.right(), b.bottom(), mask.width(), mask.height()));
    }

    /**
     * Cuts and prepares.
     *
     * @param box from {@link #rectangle}
     * @param mask the object, of the frame's size; read only if {@link #masked}
     * @param side of the network's input in pixels, 224 for ImageBind
     * @return [3, side, side], normalised
     */
    public float[] prepare(RgbImage frame, PixelBox box, BinaryMask mask, int side) {
        RgbImage part = cut(frame, box, mask);
        ImagePreprocess d = ImagePreprocess.IMAGEBIND;
        return switch (mode) {
            case IMAGEBIND ->
                new ImagePreprocess(new ImagePreprocess.Resize.ShortSide(side), side, Filter.BICUBIC, d.mean(), d.std())
                        .apply(part);
            case STRETCH, PAD -> ImagePreprocess.MOCA.square(side).apply(part);
        };
    }

    /** The part of the frame before it is resized; a square if it is padded. */
    RgbImage cut(RgbImage frame, PixelBox box, BinaryMask mask) {
        boolean pad = mode == CropMode.PAD;
        int width = pad ? Math.max(box.width(), box.height()) : box.width();
        int height = pad ? width : box.height();
        RgbImage part = RgbImage.black(width, height);
        int left = (width - box.width()) / 2;
        int top = (height - box.height()) / 2;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int fromX = box.left() + x - left;
                int fromY = box.top() + y - top;
                boolean inside =
                        fromX >= box.left() && fromX < box.right() && fromY >= box.top() && fromY < box.bottom();
                boolean shown = inside && (!masked || mask.get(fromX, fromY));
                part.setPixel(x, y, shown ? frame.pixel(fromX, fromY) : MEAN_COLOUR);
            }
        }
        return part;
    }
}
