package dev.earshot.segmentation.image;

import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ComponentColorModel;
import java.awt.image.DataBuffer;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.awt.image.WritableRaster;
import java.util.Random;

/** One kind of PNG each, filled with noise, and the RGB bytes that reading it must give. */
enum SamplePng {
    RGB(3, 8, false),
    RGBA(4, 8, false),
    RGB16(3, 16, false),
    GREY8(1, 8, false),
    GREY16(1, 16, false),
    GREY_ALPHA(2, 8, false),
    PALETTE1(1, 1, true),
    PALETTE2(1, 2, true),
    PALETTE4(1, 4, true),
    PALETTE8(1, 8, true);

    private final int bands;
    private final int bits;
    private final boolean palette;

    SamplePng(int bands, int bits, boolean palette) {
        this.bands = bands;
        this.bits = bits;
        this.palette = palette;
    }

    BufferedImage image(int width, int height) {
        Random random = new Random(bands * 31L + bits);
        BufferedImage image = palette ? indexed(width, height, random) : component(width, height);
        WritableRaster raster = image.getRaster();
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                for (int b = 0; b < bands; b++) {
                    raster.setSample(x, y, b, random.nextInt(1 << bits));
                }
            }
        }
        return image;
    }

    private BufferedImage indexed(int width, int height, Random random) {
        byte[] colours = new byte[3 << bits];
        random.nextBytes(colours);
        IndexColorModel model = new IndexColorModel(bits, 1 << bits, colours, 0, false);
        return new BufferedImage(model, model.createCompatibleWritableRaster(width, height), false, null);
    }

    private BufferedImage component(int width, int height) {
        ColorSpace space = ColorSpace.getInstance(bands >= 3 ? ColorSpace.CS_sRGB : ColorSpace.CS_GRAY);
        int type = bits == 16 ? DataBuffer.TYPE_USHORT : DataBuffer.TYPE_BYTE;
        boolean alpha = bands == 2 || bands == 4;
        ComponentColorModel model = new ComponentColorModel(space, alpha, false, alpha ? 3 : 1, type);
        WritableRaster raster = Raster.createInterleavedRaster(type, width, height, bands, null);
        return new BufferedImage(model, raster, false, null);
    }

    byte[] expected(BufferedImage image) {
        byte[] rgb = new byte[3 * image.getWidth() * image.getHeight()];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % image.getWidth();
            int y = i / 3 / image.getWidth();
            int sample = image.getRaster().getSample(x, y, bands >= 3 ? i % 3 : 0);
            rgb[i] = (byte) (palette ? image.getColorModel().getRGB(sample) >> 16 - 8 * (i % 3) : sample >> bits - 8);
        }
        return rgb;
    }
}
