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
        if (width < 1 || height < 1 || channels < 1 || pixels.length != (long) width * height * channels) {
            throw new IllegalArgumentException(
                    "resize: expected [" + height + ", " + width + ", " + channels + "] bytes, got " + pixels.length);
        }
        if (outWidth < 1 || outHeight < 1 || (long) outWidth * outHeight * channels > Integer.MAX_VALUE - 8) {
            throw new IllegalArgumentException(
                    "resize target: expected at least 1x1 and at most 2 GiB, got " + outWidth + "x" + outHeight);
        }
        Axis columns = new Axis(width, outWidth, filter);
        Axis rows = new Axis(height, outHeight, filter);
        if (width == outWidth && height == outHeight) {
            return pixels.clone();
        }
        // Only the rows that the vertical pass will look at.
        int firstRow = height == outHeight ? 0 : rows.first[0];
        int endRow = height == outHeight ? height : rows.first[outHeight - 1] + rows.count[outHeight - 1];
        byte[] wide = pixels;
        if (width != outWidth) {
            wide = horizontal(pixels, width, channels, firstRow, endRow, columns, outWidth);
        } else {
            firstRow = 0;
        }
        return height == outHeight ? wide : vertical(wide, outWidth * channels, firstRow, rows, outHeight);
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

    private static byte[] horizontal(
            byte[] in, int width, int channels, int firstRow, int endRow, Axis axis, int outWidth) {
        byte[] out = new byte[(endRow - firstRow) * outWidth * channels];
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
        return out;
    }

    private static byte[] vertical(byte[] in, int rowLength, int firstRow, Axis axis, int outHeight) {
        byte[] out = new byte[outHeight * rowLength];
        int[] sums = new int[rowLength];
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
        return out;
    }

    private static byte clamp(int sum) {
        return (byte) Math.max(0, Math.min(255, sum >> PRECISION));
    }
}
