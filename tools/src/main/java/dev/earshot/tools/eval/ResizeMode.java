package dev.earshot.tools.eval;

import dev.earshot.segmentation.BinaryMask;
import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.segmentation.metrics.FramePrediction;

/** The size at which frames are segmented and scored. */
public enum ResizeMode {
    /** Everything is brought to 224 x 224 first, whatever the aspect, as in the test scripts of published figures. */
    SQUARE("224 x 224"),
    /** Masks are drawn at the frame's own size and scored at that of the truth. */
    NATIVE("own size");

    /** The published size. */
    public static final int SIDE = 224;

    private final String words;

    ResizeMode(String words) {
        this.words = words;
    }

    /** What it does, in words. */
    public String words() {
        return words;
    }

    RgbImage picture(RgbImage image, Filter filter) {
        boolean fits = this == NATIVE || image.width() == SIDE && image.height() == SIDE;
        return fits ? image : Resampler.resize(image, SIDE, SIDE, filter);
    }

    /** Nearest neighbour, so that a mask stays one. */
    BinaryMask target(BinaryMask mask) {
        return this == NATIVE
                ? mask
                : new FramePrediction.Mask(mask).resized(SIDE, SIDE).mask();
    }
}
