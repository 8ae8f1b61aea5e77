package dev.earshot.tensor.reference;

import dev.earshot.tensor.MaskResize;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;

/**
 * Definitions of the ops on mask logits. Unlike other definitions they compute in fp32, in the order that
 * {@link dev.earshot.tensor.Backend#measureMasks} fixes: both stages are made and every pixel is compared.
 */
final class MaskOps {
    private static final int MEASURES = 7;

    private MaskOps() {}

    /** The two positions between which an output position lies, and their weights. */
    private record Neighbours(int first, int second, float w0, float w1) {
        /** Of position {@code o} on an axis from {@code n} to {@code m} positions. */
        static Neighbours of(int o, int n, int m) {
            double s = Math.max(0, (o + 0.5) * n / m - 0.5);
            int first = Math.min((int) Math.floor(s), n - 1);
            float w1 = (float) (s - first);
            return new Neighbours(first, Math.min(first + 1, n - 1), 1 - w1, w1);
        }
    }

    /** A plane of {@code height} rows of {@code width} values. */
    private record Plane(float[] values, int height, int width) {
        /** The upper left {@code toHeight} x {@code toWidth} of this plane resized to {@code scaledHeight} x {@code scaledWidth}. */
        Plane resize(int scaledHeight, int scaledWidth, int toHeight, int toWidth) {
            float[] out = new float[toHeight * toWidth];
            for (int y = 0; y < toHeight; y++) {
                Neighbours rows = Neighbours.of(y, height, scaledHeight);
                for (int x = 0; x < toWidth; x++) {
                    Neighbours columns = Neighbours.of(x, width, scaledWidth);
                    float a = values[rows.first * width + columns.first];
                    float b = values[rows.first * width + columns.second];
                    float c = values[rows.second * width + columns.first];
                    float d = values[rows.second * width + columns.second];
                    out[y * toWidth + x] =
                            rows.w0 * (columns.w0 * a + columns.w1 * b) + rows.w1 * (columns.w0 * c + columns.w1 * d);
                }
            }
            return new Plane(out, toHeight, toWidth);
        }
    }

    private static Plane picture(double[] logits, int mask, Tensor shape, MaskResize resize) {
        int height = Math.toIntExact(shape.dim(1));
        int width = Math.toIntExact(shape.dim(2));
        float[] values = new float[height * width];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) logits[mask * values.length + i];
        }
        return new Plane(values, height, width)
                .resize(resize.frameHeight(), resize.frameWidth(), resize.insetHeight(), resize.insetWidth())
                .resize(resize.height(), resize.width(), resize.height(), resize.width());
    }

    static void measureMasks(Tensor logits, MaskResize resize, float threshold, float offset, Tensor out) {
        double[] values = Elements.read(logits);
        long[] measures = new long[Math.toIntExact(out.shape().elements())];
        for (int mask = 0; mask < logits.dim(0); mask++) {
            Plane picture = picture(values, mask, logits, resize);
            measure(picture, threshold, offset, measures, mask * MEASURES);
        }
        Elements.writeIntegers(measures, out);
    }

    private static void measure(Plane picture, float threshold, float offset, long[] measures, int at) {
        int minX = Integer.MAX_VALUE;
        int minY = Integer.MAX_VALUE;
        int maxX = 0;
        int maxY = 0;
        for (int i = 0; i < picture.values.length; i++) {
            float value = picture.values[i];
            measures[at] += value > threshold + offset ? 1 : 0;
            measures[at + 1] += value > threshold - offset ? 1 : 0;
            if (value > threshold) {
                measures[at + 2]++;
                minX = Math.min(minX, i % picture.width);
                minY = Math.min(minY, i / picture.width);
                maxX = Math.max(maxX, i % picture.width);
                maxY = Math.max(maxY, i / picture.width);
            }
        }
        boolean empty = measures[at + 2] == 0;
        measures[at + 3] = empty ? 0 : minX;
        measures[at + 4] = empty ? 0 : minY;
        measures[at + 5] = maxX;
        measures[at + 6] = maxY;
    }

    static void maskBits(Tensor logits, Tensor chosen, MaskResize resize, float threshold, Tensor out) {
        double[] values = Elements.read(logits);
        long[] masks = Elements.readIntegers(chosen);
        int words = resize.words();
        long[] bits = new long[Math.toIntExact(out.shape().elements())];
        for (int m = 0; m < masks.length; m++) {
            if (masks[m] < 0 || masks[m] >= logits.dim(0)) {
                continue;
            }
            float[] picture = picture(values, (int) masks[m], logits, resize).values;
            for (int i = 0; i < picture.length; i++) {
                if (picture[i] > threshold) {
                    bits[m * words + i / Long.SIZE] |= 1L << i % Long.SIZE;
                }
            }
        }
        Elements.writeIntegers(bits, out);
    }
}
