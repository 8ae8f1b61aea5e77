package dev.earshot.segmentation.image;

import java.util.Objects;

/**
 * From a picture to the input of a network: resize, centre crop, divide by 255, subtract the mean, divide by the
 * standard deviation; layout [3, H, W].
 *
 * @param resize how the picture is scaled first
 * @param crop side of the centre crop in pixels, 0 for none; what is missing is padded with black
 * @param filter the resampler's kernel
 * @param mean per channel, on the scale 0 to 1
 * @param std per channel, on the scale 0 to 1
 */
public record ImagePreprocess(Resize resize, int crop, Filter filter, PerChannel mean, PerChannel std) {
    /** How a picture is scaled. */
    public sealed interface Resize {
        /** Keeps the aspect: the short side becomes {@code pixels}, the long one is rounded down. */
        record ShortSide(int pixels) implements Resize {}

        /** Ignores the aspect. */
        record Exact(int width, int height) implements Resize {}

        /** Leaves the size alone. */
        record Keep() implements Resize {}
    }

    /** One number for each of red, green and blue. */
    public record PerChannel(float red, float green, float blue) {
        float get(int channel) {
            return channel == 0 ? red : channel == 1 ? green : blue;
        }

        /** As a new array in this order. */
        public float[] channels() {
            return new float[] {red, green, blue};
        }
    }

    private static final PerChannel CLIP_MEAN = new PerChannel(0.48145466f, 0.4578275f, 0.40821073f);
    private static final PerChannel CLIP_STD = new PerChannel(0.26862954f, 0.26130258f, 0.27577711f);
    private static final PerChannel IMAGENET_MEAN = new PerChannel(0.485f, 0.456f, 0.406f);
    private static final PerChannel IMAGENET_STD = new PerChannel(0.229f, 0.224f, 0.225f);
    private static final PerChannel HALF = new PerChannel(0.5f, 0.5f, 0.5f);

    /** ImageBind's evaluation transform: short side 224, centre crop 224, CLIP's statistics. */
    public static final ImagePreprocess IMAGEBIND =
            new ImagePreprocess(new Resize.ShortSide(224), 224, Filter.BICUBIC, CLIP_MEAN, CLIP_STD);

    /** MoCA sizes whole frames to 224 x 224 without a crop; on square frames the same as {@link #IMAGEBIND}. */
    public static final ImagePreprocess MOCA =
            new ImagePreprocess(new Resize.Exact(224, 224), 0, Filter.BICUBIC, CLIP_MEAN, CLIP_STD);

    /** DINO's evaluation and k-NN transform: short side 256, centre crop 224. */
    public static final ImagePreprocess DINO =
            new ImagePreprocess(new Resize.ShortSide(256), 224, Filter.BICUBIC, IMAGENET_MEAN, IMAGENET_STD);

    /** The preprocessor file of the dino models at Hugging Face: 224 x 224, bilinear, statistics 0.5. */
    public static final ImagePreprocess DINO_HF =
            new ImagePreprocess(new Resize.Exact(224, 224), 0, Filter.BILINEAR, HALF, HALF);

    /** Checks sizes and statistics. */
    public ImagePreprocess {
        Objects.requireNonNull(filter, "filter");
        boolean sane = switch (resize) {
            case Resize.ShortSide s -> s.pixels() >= 1;
            case Resize.Exact e -> e.width() >= 1 && e.height() >= 1;
            case Resize.Keep k -> true;
        };
        if (!sane || crop < 0) {
            throw new IllegalArgumentException(
                    "preprocess sizes: expected positive pixels, got " + resize + ", crop " + crop);
        }
        if (!(std.red() > 0 && std.green() > 0 && std.blue() > 0)) {
            throw new IllegalArgumentException("preprocess std: expected positive values, got " + std);
        }
    }

    /** This preprocessing for square inputs of another size, frames sized whole. */
    public ImagePreprocess square(int side) {
        return new ImagePreprocess(new Resize.Exact(side, side), 0, filter, mean, std);
    }

    /**
     * Where a crop lies in its source.
     *
     * @param sourceWidth columns of the original picture
     * @param sourceHeight rows of the original picture
     * @param resizedWidth columns after resizing
     * @param resizedHeight rows after resizing
     * @param left first column of the crop in the resized picture; negative when padded
     * @param top first row of the crop in the resized picture; negative when padded
     * @param width columns of the result
     * @param height rows of the result
     */
    public record Geometry(
            int sourceWidth,
            int sourceHeight,
            int resizedWidth,
            int resizedHeight,
            int left,
            int top,
            int width,
            int height) {
        /** The source column under column {@code x} of the result, in pixel centres. */
        public double sourceX(double x) {
            return (x + left + 0.5) * sourceWidth / resizedWidth - 0.5;
        }

        /** The source row under row {@code y} of the result, in pixel centres. */
        public double sourceY(double y) {
            return (y + top + 0.5) * sourceHeight / resizedHeight - 0.5;
        }
    }

    /** Sizes and crop position for a source of the given size. */
    public Geometry geometry(int width, int height) {
        int w = width;
        int h = height;
        switch (resize) {
            case Resize.ShortSide s -> {
                int shorter = Math.min(width, height);
                w = width == shorter ? s.pixels() : longSide(s.pixels(), width, shorter);
                h = height == shorter ? s.pixels() : longSide(s.pixels(), height, shorter);
            }
            case Resize.Exact e -> {
                w = e.width();
                h = e.height();
            }
            case Resize.Keep k -> {}
        }
        if (crop == 0) {
            return new Geometry(width, height, w, h, 0, 0, w, h);
        }
        return new Geometry(width, height, w, h, cropStart(w), cropStart(h), crop, crop);
    }

    private static int longSide(int pixels, int longer, int shorter) {
        return Math.toIntExact((long) pixels * longer / shorter);
    }

    /** torchvision: too small is padded by floor((crop - size) / 2) first; else halves round to the even integer. */
    private int cropStart(int size) {
        return size < crop ? -((crop - size) / 2) : (int) Math.rint((size - crop) / 2.0);
    }

    /** The picture after resizing, before the crop. */
    public RgbImage resized(RgbImage image) {
        Geometry g = geometry(image.width(), image.height());
        if (g.resizedWidth() == image.width() && g.resizedHeight() == image.height()) {
            return image;
        }
        return Resampler.resize(image, g.resizedWidth(), g.resizedHeight(), filter);
    }

    /** The picture after resizing and cropping: what the network sees, still in bytes. */
    public RgbImage cropped(RgbImage image) {
        Geometry g = geometry(image.width(), image.height());
        RgbImage resized = resized(image);
        if (crop == 0) {
            return resized;
        }
        RgbImage out = RgbImage.black(crop, crop);
        int fromX = Math.max(0, g.left());
        int columns = Math.min(resized.width(), g.left() + crop) - fromX;
        for (int y = Math.max(0, -g.top()); y < crop && y + g.top() < resized.height(); y++) {
            int from = 3 * ((y + g.top()) * resized.width() + fromX);
            System.arraycopy(resized.rgb(), from, out.rgb(), 3 * (y * crop + fromX - g.left()), 3 * columns);
        }
        return out;
    }

    float normalised(int value, int channel) {
        return (value / 255f - mean.get(channel)) / std.get(channel);
    }

    /** Bytes to normalised values, [3, H, W]. */
    public float[] normalised(RgbImage image) {
        int plane = image.width() * image.height();
        float[] out = new float[3 * plane];
        for (int c = 0; c < 3; c++) {
            float[] table = new float[256];
            for (int v = 0; v < 256; v++) {
                table[v] = normalised(v, c);
            }
            for (int i = 0; i < plane; i++) {
                out[c * plane + i] = table[image.rgb()[3 * i + c] & 0xff];
            }
        }
        return out;
    }

    /** The whole way; the result has {@link #geometry}'s width and height. */
    public float[] apply(RgbImage image) {
        return normalised(cropped(image));
    }
}
