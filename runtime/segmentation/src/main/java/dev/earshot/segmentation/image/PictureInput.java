package dev.earshot.segmentation.image;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@link ImagePreprocess} for many pictures: writes where the network's input lies, and keeps its tables and memory, so that
 * pictures of one size after the other leave no garbage. One thread at a time.
 */
public final class PictureInput {
    private final ImagePreprocess preprocess;
    private Resampler.Plan plan;

    /** For pictures that are resized and not cropped. */
    public PictureInput(ImagePreprocess preprocess) {
        if (preprocess.crop() != 0) {
            throw new IllegalArgumentException("picture input: expected no crop, got " + preprocess.crop());
        }
        this.preprocess = preprocess;
    }

    /**
     * Writes the picture at the network's size and not yet normalised, a quarter of the bytes.
     *
     * @param out gets [height, width, 3] bytes from byte {@code offset} on
     */
    public void write(RgbImage image, MemorySegment out, long offset) {
        ImagePreprocess.Geometry g = preprocess.geometry(image.width(), image.height());
        MemorySegment.copy(resized(image, g), 0, out, ValueLayout.JAVA_BYTE, offset, 3 * g.width() * g.height());
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
