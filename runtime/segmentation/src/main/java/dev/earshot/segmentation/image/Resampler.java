package dev.earshot.segmentation.image;

/**
 * Pillow's 8-bit resampler, bit for bit: separable, antialiased when shrinking, 22-bit fixed-point weights, the
 * horizontal pass rounded to bytes before the vertical one (Pillow src/libImaging/Resample.c).
 */
public final class Resampler {
    private static final int PRECISION = 22;
    private static final int HALF = 1 << PRECISION - 1;

    private Resampler() {}

    /** Resizes an RGB image to {@code width x height}. */
    public static RgbImage resize(RgbImage image, int width, int height, Filter filter) {
        byte[] out = resize(image.rgb(), image.width(), image.height(), 3, width, height, filter);
        return new RgbImage(width, height, out);
    }

    /**
     * Resizes interleaved 8-bit samples.
     *
     * @param pixels [height, width, channels]; not changed
     * @return [outHeight, outWidth, channels]; always a new array
     */
    public static byte[] resize(
            byte[] pixels, int width, int height, int channels, int outWidth, int outHeight, Filter filter) {
        return new Plan(width, height, channels, outWidth, outHeight, filter).resize(pixels);
    }

    /**
     * Resizing pictures of one size to another: weights made once, memory used again, so that a film's frames leave no
     * garbage. One thread at a time.
     */
    static final class Plan {
        private final int width;
        private final int height;
        private final int channels;
        private final int outWidth;
        private final int outHeight;
        private final Filter filter;
        private final Axis columns;
        private final Axis rows;
        private final int firstRow; // of those that the vertical pass looks at
        private final int endRow;
        private final byte[] wide; // after the horizontal pass; empty without one
        private final byte[] out; // empty without a vertical pass
        private final int[] sums;

        Plan(int width, int height, int channels, int outWidth, int outHeight, Filter filter) {
            if (width < 1 || height < 1 || channels < 1) {
                throw new IllegalArgumentException(
                        "resize: expected positive sizes, got [" + height + ", " + width + ", " + channels + "]");
            }
            if (outWidth < 1 || outHeight < 1 || (long) outWidth * outHeight * channels > Integer.MAX_VALUE - 8) {
                throw new IllegalArgumentException(
                        "resize target: expected at least 1x1 and at most 2 GiB, got " + outWidth + "x" + outHeight);
            }
            this.width = width;
            this.height = height;
            this.channels = channels;
            this.outWidth = outWidth;
            this.outHeight = outHeight;
            this.filter = filter;
            columns = new Axis(width, outWidth, filter);
            rows = new Axis(height, outHeight, filter);
            boolean partly = height != outHeight && width != outWidth;
            firstRow = partly ? rows.first[0] : 0;
            endRow = partly ? rows.first[outHeight - 1] + rows.count[outHeight - 1] : height;
            wide = new byte[width == outWidth ? 0 : (endRow - firstRow) * outWidth * channels];
            out = new byte[height == outHeight ? 0 : outHeight * outWidth * channels];
            sums = new int[height == outHeight ? 0 : outWidth * channels];
        }

        boolean fits(int fromWidth, int fromHeight, int toWidth, int toHeight, Filter by) {
            return width == fromWidth
                    && height == fromHeight
                    && outWidth == toWidth
                    && outHeight == toHeight
                    && filter == by;
        }

        /** The resized samples, overwritten by the next call; a copy of the source where nothing changes. */
        byte[] resize(byte[] pixels) {
            if (pixels.length != (long) width * height * channels) {
                throw new IllegalArgumentException("resize: expected [" + height + ", " + width + ", " + channels
                        + "] bytes, got " + pixels.length);
            }
            if (width == outWidth && height == outHeight) {
                return pixels.clone();
            }
            byte[] source = pixels;
            if (width != outWidth) {
                horizontal(pixels, width, channels, firstRow, endRow, columns, outWidth, wide);
                source = wide;
            }
            if (height == outHeight) {
                return source;
            }
            vertical(source, outWidth * channels, firstRow, rows, outHeight, sums, out);
            return out;
        }
    }

    /** For each output sample of one axis: the first source sample, how many, and their fixed-point weights. */
    private static final class Axis {
        final int[] first;
        final int[] count;
        final int[][] weights;

        Axis(int size, int outSize, Filter filter) {
            first = new int[outSize];
            count = new int[outSize];
            weights = new int[outSize][];
            double scale = (double) size / outSize;
            double stretch = Math.max(scale, 1);
            double support = filter.support * stretch;
            for (int i = 0; i < outSize; i++) {
                double centre = (i + 0.5) * scale;
                int from = Math.max(0, (int) (centre - support + 0.5));
                int to = Math.min(size, (int) (centre + support + 0.5));
                double[] w = new double[to - from];
                double sum = 0;
                for (int j = 0; j < w.length; j++) {
                    w[j] = filter.at((j + from - centre + 0.5) * (1 / stretch));
                    sum += w[j];
                }
                first[i] = from;
                count[i] = w.length;
                weights[i] = fixedPoint(w, sum);
            }
        }

        private static int[] fixedPoint(double[] w, double sum) {
            int[] fixed = new int[w.length];
            for (int j = 0; j < w.length; j++) {
                double normalised = sum == 0 ? w[j] : w[j] / sum;
                fixed[j] = (int) (normalised * (1 << PRECISION) + (normalised < 0 ? -0.5 : 0.5));
            }
            return fixed;
        }
    }

    private static void horizontal(
            byte[] in, int width, int channels, int firstRow, int endRow, Axis axis, int outWidth, byte[] out) {
        for (int y = firstRow; y < endRow; y++) {
            int to = (y - firstRow) * outWidth * channels;
            for (int x = 0; x < outWidth; x++) {
                int[] weights = axis.weights[x];
                int from = (y * width + axis.first[x]) * channels;
                for (int c = 0; c < channels; c++) {
                    int sum = HALF;
                    for (int j = 0, at = from + c; j < weights.length; j++, at += channels) {
                        sum += weights[j] * (in[at] & 0xff);
                    }
                    out[to++] = clamp(sum);
                }
            }
        }
    }

    private static void vertical(
            byte[] in, int rowLength, int firstRow, Axis axis, int outHeight, int[] sums, byte[] out) {
        for (int y = 0; y < outHeight; y++) {
            java.util.Arrays.fill(sums, HALF);
            int[] weights = axis.weights[y];
            for (int j = 0; j < weights.length; j++) {
                int from = (axis.first[y] - firstRow + j) * rowLength;
                int weight = weights[j];
                for (int i = 0; i < rowLength; i++) {
                    sums[i] += weight * (in[from + i] & 0xff);
                }
            }
            for (int i = 0; i < rowLength; i++) {
                out[y * rowLength + i] = clamp(sums[i]);
            }
        }
    }

    private static byte clamp(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
    }
}
