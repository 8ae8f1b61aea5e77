package dev.earshot.segmentation.image;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@link ImagePreprocess} for many pictures: writes where the network's input lies, and keeps its tables and memory, so that
 * pictures of one size after the other leave no garbage. One thread at a time.
 */
public final class PictureInput {
    private final ImagePreprocess preprocess;
    private final float[][] tables = new float[3][256]; // by channel and byte
    private Resampler.Plan plan;

    /** For pictures that are resized and not cropped. */
    public PictureInput(ImagePreprocess preprocess) {
        if (preprocess.crop() != 0) {
            throw new IllegalArgumentException("picture input: expected no crop, got " + preprocess.crop());
        }
        this.preprocess = preprocess;
        for (int c = 0; c < 3; c++) {
            for (int v = 0; v < 256; v++) {
                tables[c][v] = preprocess.normalised(v, c);
            }
        }
    }

    /**
     * Writes the picture as {@link ImagePreprocess#apply} gives it.
     *
     * @param out gets [3, height, width] fp32 from byte {@code offset} on
     */
    public void write(RgbImage image, MemorySegment out, long offset) {
        ImagePreprocess.Geometry g = preprocess.geometry(image.width(), image.height());
        byte[] rgb = resized(image, g);
        int plane = g.width() * g.height();
        for (int c = 0; c < 3; c++) {
            float[] table = tables[c];
            long from = offset + 4L * c * plane;
            for (int i = 0; i < plane; i++) {
                out.set(ValueLayout.JAVA_FLOAT, from + 4L * i, table[rgb[3 * i + c] & 0xff]);
            }
        }
    }

    private byte[] resized(RgbImage image, ImagePreprocess.Geometry g) {
        if (g.width() == image.width() && g.height() == image.height()) {
            return image.rgb();
        }
        if (plan == null || !plan.fits(image.width(), image.height(), g.width(), g.height(), preprocess.filter())) {
            plan = new Resampler.Plan(image.width(), image.height(), 3, g.width(), g.height(), preprocess.filter());
        }
        return plan.resize(image.rgb());
    }
}
