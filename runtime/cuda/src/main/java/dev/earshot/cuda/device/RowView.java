package dev.earshot.cuda.device;

import dev.earshot.tensor.Tensor;

/**
 * The rows of a tensor whose innermost stride is 1, packed as the {@code Rows} struct of {@code rows.cuh}: address, number
 * of leading axes, then sizes and strides of up to {@value #MOST_AXES} leading axes, innermost first, neighbours merged where the memory
 * allows it.
 */
public final class RowView {
    /** Leading axes that remain after merging, at most. */
    public static final int MOST_AXES = 5;

    private static final int WORDS = 2 + 2 * MOST_AXES;

    private final long[] words;
    private final long rows;
    private final long width;

    private RowView(long[] words, long rows, long width) {
        this.words = words;
        this.rows = rows;
        this.width = width;
    }

    /** The rows of {@code x}, which lives on the device of {@code cuda}. */
    public static RowView of(CudaContext cuda, Tensor x) {
        long[] words = new long[WORDS];
        words[0] = cuda.address(x);
        int axes = 0;
        long rows = 1;
        for (int axis = x.shape().rank() - 2; axis >= 0; axis--) {
            long size = x.dim(axis);
            if (size == 1) {
                continue;
            }
            rows *= size;
            boolean merges = axes > 0 && x.stride(axis) == words[1 + axes] * words[1 + MOST_AXES + axes];
            if (merges) {
                words[1 + axes] *= size;
                continue;
            }
            if (axes == MOST_AXES) {
                throw new IllegalArgumentException(
                        "%s: expected at most %d leading axes that cannot be merged — copy it first"
                                .formatted(x, MOST_AXES));
            }
            axes++;
            words[1 + axes] = size;
            words[1 + MOST_AXES + axes] = x.stride(axis);
        }
        if (axes == 0) {
            axes = 1;
            words[2] = 1;
        }
        words[1] = axes;
        return new RowView(words, rows, x.shape().rank() == 0 ? 1 : x.dim(-1));
    }

    /** Number of rows. */
    public long rows() {
        return rows;
    }

    /** Elements per row. */
    public long width() {
        return width;
    }

    /** Distance in elements of neighbouring rows of the innermost leading axis. */
    public long rowStride() {
        return words[2 + MOST_AXES];
    }

    /** Device address of the first element. */
    public long address() {
        return words[0];
    }

    /** True if every row starts at a multiple of {@code bytes}, for elements of {@code elementBytes}. */
    public boolean isAligned(int elementBytes, int bytes) {
        long steps = words[0];
        for (int axis = 0; axis < words[1]; axis++) {
            steps |= words[2 + MOST_AXES + axis] * elementBytes;
        }
        return (steps & (bytes - 1)) == 0;
    }

    /** The struct, for {@link Launch#struct}. */
    public long[] words() {
        return words;
    }
}
