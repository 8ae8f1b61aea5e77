package dev.earshot.segmentation.training;

import java.util.Arrays;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The K best columns so far of each row of a block of similarities: best first, ties to the lower column. Blocks of columns
 * must come in ascending order. Rows are shared between threads; a row's result does not depend on how.
 *
 * <p>The one place that looks at similarities, so that an op of a device can take over from it.
 */
final class TopK {
    private static final int NONE = -1;

    private final int k;
    private final int[] groups;
    private final int[] columns;
    private final float[] values;

    /**
     * Room for {@code maxRows} rows.
     *
     * @param groups images of the same group are not each other's neighbours; empty: only an image itself is excluded
     */
    TopK(int maxRows, int k, int[] groups) {
        this.k = k;
        this.groups = groups;
        this.columns = new int[Math.multiplyExact(maxRows, k)];
        this.values = new float[maxRows * k];
    }

    /** Forgets all rows. */
    void clear() {
        Arrays.fill(columns, NONE);
        Arrays.fill(values, Float.NEGATIVE_INFINITY);
    }

    /**
     * Merges a block.
     *
     * @param block similarities [rows, width], row-major
     * @param firstRow number of the block's first row among all images
     * @param firstColumn number of its first column among all images
     */
    void merge(float[] block, int rows, int width, int firstRow, int firstColumn) {
        Objects.checkFromIndexSize(0, rows * width, block.length);
        IntStream.range(0, rows).parallel().forEach(row -> {
            int last = row * k + k - 1;
            float worst = values[last];
            for (int c = 0, at = row * width; c < width; c++, at++) {
                if (block[at] > worst && !excluded(firstRow + row, firstColumn + c)) {
                    insert(row * k, block[at], firstColumn + c);
                    worst = values[last];
                }
            }
        });
    }

    private boolean excluded(int row, int column) {
        return row == column || groups.length > 0 && groups[row] == groups[column];
    }

    /** Behind all that are at least as good, since they have lower columns. */
    private void insert(int from, float value, int column) {
        int at = from + k - 1;
        while (at > from && values[at - 1] < value) {
            values[at] = values[at - 1];
            columns[at] = columns[at - 1];
            at--;
        }
        values[at] = value;
        columns[at] = column;
    }

    /**
     * Copies the results of the first {@code rows} rows.
     *
     * @throws IllegalArgumentException if a row has fewer than K columns to choose from
     */
    void copyTo(int rows, int firstRow, int[] columnsOut, float[] valuesOut) {
        for (int i = 0; i < rows * k; i++) {
            if (columns[i] == NONE) {
                throw new IllegalArgumentException(
                        "neighbours of image %d: expected %d others with finite features, got %d — use more clips, a smaller K, or allow the same video"
                                .formatted(firstRow + i / k, k, i % k));
            }
        }
        System.arraycopy(columns, 0, columnsOut, firstRow * k, rows * k);
        System.arraycopy(values, 0, valuesOut, firstRow * k, rows * k);
    }
}
