package dev.earshot.segmentation.metrics;

import java.util.Arrays;

/**
 * The class of every pixel, row-major, one byte each; class 0 is the background. Plain data; the array is shared and not
 * copied.
 */
public final class LabelMap {
    private final int width;
    private final int height;
    private final byte[] labels;

    /**
     * Wraps an array.
     *
     * @param labels [height, width], classes 0 to 255 as unsigned bytes
     * @throws IllegalArgumentException if the sizes do not fit
     */
    public LabelMap(int width, int height, byte[] labels) {
        if (width < 1 || height < 1 || labels.length != (long) width * height) {
            throw new IllegalArgumentException("label map of %d x %d (width x height): expected %d labels, got %d"
                    .formatted(width, height, (long) width * height, labels.length));
        }
        this.width = width;
        this.height = height;
        this.labels = labels;
    }

    /** Background everywhere. */
    public static LabelMap background(int width, int height) {
        return new LabelMap(width, height, new byte[Math.multiplyExact(width, height)]);
    }

    /**
     * The class with the largest logit at every pixel, the first one on ties.
     *
     * @param logits [classes, height, width]
     */
    public static LabelMap argMax(float[] logits, int classes, int width, int height) {
        int plane = Math.multiplyExact(width, height);
        if (classes < 1 || classes > 256 || logits.length != (long) classes * plane) {
            throw new IllegalArgumentException("arg-max: expected [%d, %d, %d] logits of at most 256 classes, got %d"
                    .formatted(classes, height, width, logits.length));
        }
        byte[] labels = new byte[plane];
        float[] best = Arrays.copyOf(logits, plane);
        for (int c = 1; c < classes; c++) {
            int from = c * plane;
            for (int i = 0; i < plane; i++) {
                if (logits[from + i] > best[i]) {
                    best[i] = logits[from + i];
                    labels[i] = (byte) c;
                }
            }
        }
        return new LabelMap(width, height, labels);
    }

    /** Columns. */
    public int width() {
        return width;
    }

    /** Rows. */
    public int height() {
        return height;
    }

    /** The labels themselves, [height, width], unsigned; not a copy. */
    public byte[] labels() {
        return labels;
    }

    /** The class of a pixel. */
    public int get(int x, int y) {
        if (x < 0 || x >= width || y < 0 || y >= height) {
            throw new IndexOutOfBoundsException("pixel (%d, %d) of %s".formatted(x, y, this));
        }
        return labels[y * width + x] & 0xff;
    }

    /** This map at another size, nearest neighbour as Pillow takes it; this very map if the size is the same. */
    public LabelMap resized(int toWidth, int toHeight) {
        if (toWidth == width && toHeight == height) {
            return this;
        }
        if (toWidth < 1 || toHeight < 1) {
            throw new IllegalArgumentException(
                    "label map: expected a positive size, got %d x %d".formatted(toWidth, toHeight));
        }
        int[] columns = nearest(width, toWidth);
        int[] rows = nearest(height, toHeight);
        byte[] out = new byte[Math.multiplyExact(toWidth, toHeight)];
        for (int y = 0; y < toHeight; y++) {
            for (int x = 0; x < toWidth; x++) {
                out[y * toWidth + x] = labels[rows[y] * width + columns[x]];
            }
        }
        return new LabelMap(toWidth, toHeight, out);
    }

    /** Source index under each target pixel's centre. Steps are summed up as Pillow does, whose rounding decides ties. */
    static int[] nearest(int from, int to) {
        int[] source = new int[to];
        double step = (double) from / to;
        double at = step * 0.5;
        for (int i = 0; i < to; i++) {
            source[i] = Math.min((int) at, from - 1);
            at += step;
        }
        return source;
    }

    @Override
    public boolean equals(Object object) {
        return object instanceof LabelMap other
                && width == other.width
                && height == other.height
                && Arrays.equals(labels, other.labels);
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width + height) + Arrays.hashCode(labels);
    }

    @Override
    public String toString() {
        return "label map %d x %d".formatted(width, height);
    }
}
