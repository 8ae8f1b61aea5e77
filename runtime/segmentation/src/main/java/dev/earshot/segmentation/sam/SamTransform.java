package dev.earshot.segmentation.sam;

import dev.earshot.segmentation.image.Filter;
import dev.earshot.segmentation.image.ImagePreprocess.PerChannel;
import dev.earshot.segmentation.image.Resampler;
import dev.earshot.segmentation.image.RgbImage;
import dev.earshot.tensor.HostTensor;
import dev.earshot.tensor.MaskResize;

/**
 * From a picture to SAM's square input: the longest side is brought to {@code side} pixels (small pictures are enlarged) with
 * Pillow's bilinear filter, normalised, and padded with zeros at the right and the bottom.
 *
 * @param side of the input, in pixels; 1024 in the published models
 * @param mean per channel, on the scale 0 to 255
 * @param std per channel, on the scale 0 to 255
 */
public record SamTransform(int side, PerChannel mean, PerChannel std) {
    private static final PerChannel MEAN = new PerChannel(123.675f, 116.28f, 103.53f);
    private static final PerChannel STD = new PerChannel(58.395f, 57.12f, 57.375f);

    /** Checks size and statistics. */
    public SamTransform {
        if (side < 1) {
            throw new IllegalArgumentException("SAM input: expected a positive side, got " + side);
        }
        if (!(std.red() > 0 && std.green() > 0 && std.blue() > 0)) {
            throw new IllegalArgumentException("SAM input std: expected positive values, got " + std);
        }
    }

    /** With SAM's statistics. */
    public SamTransform(int side) {
        this(side, MEAN, STD);
    }

    /**
     * How a picture lies in the model's frame: at its upper left, scaled.
     *
     * @param width columns of the picture
     * @param height rows of the picture
     * @param insetWidth columns that it takes in the frame
     * @param insetHeight rows that it takes in the frame
     * @param side of the frame
     */
    public record Geometry(int width, int height, int insetWidth, int insetHeight, int side) {
        /** A column of the picture in the frame. */
        public double frameX(double x) {
            return x * ((double) insetWidth / width);
        }

        /** A row of the picture in the frame. */
        public double frameY(double y) {
            return y * ((double) insetHeight / height);
        }

        /** Points x, y or boxes x, y, x, y of the picture, in the frame; computed in fp64. */
        public float[] toFrame(double[] coordinates) {
            float[] mapped = new float[coordinates.length];
            for (int i = 0; i < mapped.length; i++) {
                mapped[i] = (float) (i % 2 == 0 ? frameX(coordinates[i]) : frameY(coordinates[i]));
            }
            return mapped;
        }

        /** How the model's masks are brought to the picture. */
        public MaskResize maskResize() {
            return new MaskResize(side, side, insetHeight, insetWidth, height, width);
        }
    }

    /**
     * Where a picture of a size lies in the frame.
     *
     * <p>Differs from facebookresearch/segment-anything utils/transforms.py: a side never shrinks to nothing. There a picture
     * more than twice {@code side} times as long as wide cannot be resized.
     */
    public Geometry geometry(int width, int height) {
        double scale = (double) side / Math.max(width, height);
        return new Geometry(width, height, inset(width, scale), inset(height, scale), side);
    }

    private static int inset(int size, double scale) {
        return Math.max(1, (int) (size * scale + 0.5));
    }

    /** The picture after resizing, before padding. */
    public RgbImage resized(RgbImage image) {
        Geometry g = geometry(image.width(), image.height());
        if (g.insetWidth() == image.width() && g.insetHeight() == image.height()) {
            return image;
        }
        return Resampler.resize(image, g.insetWidth(), g.insetHeight(), Filter.BILINEAR);
    }

    /** The whole way: F32 [1, 3, side, side]. */
    public HostTensor apply(RgbImage image) {
        RgbImage resized = resized(image);
        byte[] rgb = resized.rgb();
        float[] values = new float[Math.multiplyExact(3, Math.multiplyExact(side, side))];
        float[] table = new float[256];
        for (int c = 0; c < 3; c++) {
            for (int v = 0; v < table.length; v++) {
                table[v] = (v - channel(mean, c)) / channel(std, c);
            }
            for (int y = 0; y < resized.height(); y++) {
                int from = 3 * y * resized.width() + c;
                int to = (c * side + y) * side;
                for (int x = 0; x < resized.width(); x++) {
                    values[to + x] = table[rgb[from + 3 * x] & 0xff];
                }
            }
        }
        return HostTensor.of(values, 1, 3, side, side);
    }

    private static float channel(PerChannel values, int c) {
        return c == 0 ? values.red() : c == 1 ? values.green() : values.blue();
    }
}
