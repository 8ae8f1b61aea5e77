package dev.earshot.segmentation.image;

import java.util.Objects;

/**
 * An 8-bit RGB picture in a plain array: rows from the top, pixels from the left, three bytes each (layout [H, W, 3]).
 *
 * <p>The array is shared, not copied: whoever makes an image hands its array over, and whoever changes {@link #rgb()}
 * changes the image. Safe to use from many threads as long as nobody writes.
 */
public final class RgbImage {
    private final int width;
    private final int height;
    private final byte[] rgb;

    /**
     * Wraps an array.
     *
     * @param width columns, at least 1
     * @param height rows, at least 1
     * @param rgb exactly {@code width * height * 3} bytes; owned by the image from now on
     */
    public RgbImage(int width, int height, byte[] rgb) {
        Objects.requireNonNull(rgb, "rgb");
        if (width < 1 || height < 1) {
            throw new IllegalArgumentException("image size: expected at least 1x1, got " + width + "x" + height);
        }
        if (rgb.length != 3L * width * height) {
            throw new IllegalArgumentException("image data: expected " + 3L * width * height + " bytes for " + width
                    + "x" + height + " RGB, got " + rgb.length);
        }
        this.width = width;
        this.height = height;
        this.rgb = rgb;
    }

    /** A black image. */
    public static RgbImage black(int width, int height) {
        return new RgbImage(width, height, new byte[Math.toIntExact(Math.multiplyExact(3L * width, height))]);
    }

    /** Columns. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** The pixels themselves, [H, W, 3]; not a copy. */
    public byte[] rgb() {
        return rgb;
    }

    /** The pixel at column {@code x} of row {@code y} as 0xRRGGBB. */
    public int pixel(int x, int y) {
        int at = 3 * (Objects.checkIndex(y, height) * width + Objects.checkIndex(x, width));
        return (rgb[at] & 0xff) << 16 | (rgb[at + 1] & 0xff) << 8 | rgb[at + 2] & 0xff;
    }

    /** Sets the pixel at column {@code x} of row {@code y} to 0xRRGGBB. */
    public void setPixel(int x, int y, int value) {
        int at = 3 * (Objects.checkIndex(y, height) * width + Objects.checkIndex(x, width));
        rgb[at] = (byte) (value >> 16);
        rgb[at + 1] = (byte) (value >> 8);
        rgb[at + 2] = (byte) value;
    }

    @Override
    public String toString() {
        return "RgbImage[" + width + "x" + height + "]";
    }
}
