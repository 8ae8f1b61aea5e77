package dev.earshot.segmentation.training;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The K most similar images so far of each image: best first, ties to the lower number. For every image, the others must
 * come in ascending order. Images are shared between threads; a result does not depend on how.
 *
 * <p>The one place that looks at similarities, so that an op of a device can take over from it.
 */
final class TopK {
    private static final int NONE = -1;

    /** Columns that one thread goes down together: two cache lines of a row. */
    private static final int STRIP = 32;

    private final int k;
    private final int[] groups;
    private final int[] images;
    private final float[] values;

    /**
     * Empty lists of {@code n} images.
     *
     * @param groups images of the same group are not each other's neighbours; empty: only an image itself is excluded
     */
    TopK(int n, int k, int[] groups) {
        this.k = k;
        this.groups = groups;
        this.images = new int[Math.multiplyExact(n, k)];
        this.values = new float[images.length];
        Arrays.fill(images, NONE);
        Arrays.fill(values, Float.NEGATIVE_INFINITY);
    }

    /**
     * Merges a block into the lists of its rows.
     *
     * @param block similarities [rows, columns], row-major
     * @param firstRow image of the block's first row
     * @param firstColumn image of its first column
     */
    void mergeRows(float[] block, int rows, int columns, int firstRow, int firstColumn) {
        Objects.checkFromIndexSize(0, rows * columns, block.length);
        IntStream.range(0, rows).parallel().forEach(r -> {
            int image = firstRow + r;
            float worst = worst(image);
            for (int c = 0, at = r * columns; c < columns; c++, at++) {
                if (block[at] > worst && !excluded(image, firstColumn + c)) {
                    insert(image, block[at], firstColumn + c);
                    worst = worst(image);
                }
            }
        });
    }

    /** Merges a block into the lists of its columns: similarity is symmetric. Arguments as in {@link #mergeRows}. */
    void mergeColumns(float[] block, int rows, int columns, int firstRow, int firstColumn) {
        Objects.checkFromIndexSize(0, rows * columns, block.length);
        IntStream.range(0, (columns + STRIP - 1) / STRIP).parallel().forEach(strip -> {
            int from = strip * STRIP;
            int width = Math.min(STRIP, columns - from);
            float[] worst = new float[width];
            for (int c = 0; c < width; c++) {
                worst[c] = worst(firstColumn + from + c);
            }
            for (int r = 0; r < rows; r++) {
                for (int c = 0, at = r * columns + from; c < width; c++, at++) {
                    int image = firstColumn + from + c;
                    if (block[at] > worst[c] && !excluded(image, firstRow + r)) {
                        insert(image, block[at], firstRow + r);
                        worst[c] = worst(image);
                    }
                }
            }
        });
    }

    private float worst(int image) {
        return values[image * k + k - 1];
    }

    private boolean excluded(int image, int other) {
        return image == other || groups.length > 0 && groups[image] == groups[other];
    }

    /** Behind all that are at least as good, since they have lower numbers. */
    private void insert(int image, float value, int other) {
        int from = image * k;
        int at = from + k - 1;
        while (at > from && values[at - 1] < value) {
            values[at] = values[at - 1];
            images[at] = images[at - 1];
            at--;
        }
        values[at] = value;
        images[at] = other;
    }

    /**
     * The lists as a table, which takes them over.
     *
     * @throws IllegalArgumentException if an image has fewer than K others to choose from
     */
    NeighbourTable table() {
        for (int i = 0; i < images.length; i++) {
            if (images[i] == NONE) {
                throw new IllegalArgumentException(
                        "neighbours of image %d: expected %d others with finite features, got %d — use more clips, a smaller K, or allow the same video"
                                .formatted(i / k, k, i % k));
            }
        }
        return new NeighbourTable(k, images, values);
    }
}
