package dev.earshot.cuda.kernels;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.Tensor;

/**
 * Sizes and settings of one pixel matching, the struct {@code PixelGrid} of {@code pixel_matching.cuh}.
 *
 * @param anchors samples of f
 * @param groups samples of g per sample of f; sample {@code group * anchors + anchor} meets {@code anchor}
 * @param rangeX largest horizontal displacement; 0 in the literal modes, as is rangeY
 */
public record PixelGrid(
        DType dtype,
        int anchors,
        int groups,
        int height,
        int width,
        int channels,
        int rangeY,
        int rangeX,
        PixelMatching settings) {
    private static final int PLAIN_NORM = 2;

    /** Of f [B, H, W, C] against g [n B, H, W, C]. */
    public static PixelGrid of(Tensor f, Tensor g, PixelMatching settings) {
        int width = Math.toIntExact(f.dim(2));
        Math.toIntExact(f.dim(1) * width); // the kernels count pixels in an int
        return new PixelGrid(
                f.dtype(),
                Math.toIntExact(f.dim(0)),
                Math.toIntExact(g.dim(0) / f.dim(0)),
                Math.toIntExact(f.dim(1)),
                width,
                Math.toIntExact(f.dim(3)),
                settings.searches() ? settings.rangeY() : 0,
                settings.searches() ? settings.rangeX(width) : 0,
                settings);
    }

    /** Samples of g. */
    public int samples() {
        return anchors * groups;
    }

    /** Pixels of an image. */
    public int pixels() {
        return height * width;
    }

    /** True if both matching by pixel and a window ask for products that the forward pass does not save. */
    public boolean needsAlong() {
        return settings.searches() && settings.norm() == PixelMatching.Norm.PIXEL && settings.window() > 1;
    }

    private int slotsY() {
        return (int) Math.min(height, 2L * rangeY + 1);
    }

    private int slotsX() {
        return (int) Math.min(width, 2L * rangeX + 1);
    }

    /** Products that one sample keeps: those of a pixel differ in displacement by less than the slots. */
    public long productsPerSample() {
        return Math.multiplyExact((long) slotsY() * slotsX(), (long) pixels());
    }

    private int norm() {
        if (!settings.searches()) {
            return PLAIN_NORM;
        }
        return switch (settings.norm()) {
            case IMAGE -> 0;
            case PIXEL -> 1;
            case NONE -> PLAIN_NORM;
        };
    }

    /** The sign of the correlation in a literal cost, 0 for a search. */
    private int literal() {
        if (settings.searches()) {
            return 0;
        }
        return settings.mode() == Mode.LITERAL_PRINTED ? 1 : -1;
    }

    /** The struct, for {@link dev.earshot.cuda.device.Launch#struct}. */
    long[] words() {
        return new long[] {
            pair(anchors, groups),
            pair(height, width),
            pair(channels, settings.searches() ? settings.window() : 1),
            pair(rangeY, rangeX),
            pair(slotsY(), slotsX()),
            pair(norm(), literal()),
            pair(Float.floatToRawIntBits(settings.lambdaSsd()), Float.floatToRawIntBits(settings.lambdaNcc()))
        };
    }

    private static long pair(int low, int high) {
        return (long) high << 32 | low & 0xffffffffL;
    }
}
