package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.DType;
import java.lang.foreign.ValueLayout;

/**
 * See {@link dev.earshot.tensor.Backend#mergeTopK}. Rows whose elements lie side by side are looked through one by one; of a
 * transposed view {@value #STRIP} rows are looked through together, column by column, which are two cache lines each.
 */
record MergeTopK(View x, View rowGroups, View columnGroups, int firstColumn, View values, View indices) implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int STRIP = 32;

    @Override
    public void bind(Binder binder) {
        boolean transposed = x.stride(0) == 1 && x.stride(1) != 1;
        View source = transposed ? x : binder.input(x, DType.F32, x.hasDenseRows());
        long rows = x.dim(0);
        int strip = transposed ? STRIP : 1;
        long strips = (rows + strip - 1) / strip;
        RowSharing.add(binder, "mergeTopK " + x, strips, x.elements(), worker -> {
            float[] piece = new float[transposed ? STRIP : Math.toIntExact(x.dim(1))];
            float[] least = new float[strip];
            return transposed
                    ? number -> mergeStrip(
                            source, number * STRIP, (int) Math.min(STRIP, rows - number * STRIP), piece, least)
                    : row -> mergeRow(source, row, piece);
        });
    }

    private void mergeRow(View source, long row, float[] piece) {
        HeapRows.load(source.at(row * source.stride(0)), piece, piece.length);
        float least = last(row);
        for (int column = 0; column < piece.length; column++) {
            if (piece[column] > least && isCandidate(row, column)) {
                insert(row, piece[column], firstColumn + column);
                least = last(row);
            }
        }
    }

    /** Merges {@code count} rows from {@code first} on; {@code least} is room for the last value of each list. */
    private void mergeStrip(View source, long first, int count, float[] piece, float[] least) {
        for (int i = 0; i < count; i++) {
            least[i] = last(first + i);
        }
        for (long column = 0; column < x.dim(1); column++) {
            HeapRows.load(source.at(first + column * source.stride(1)), piece, count);
            for (int i = 0; i < count; i++) {
                if (piece[i] > least[i] && isCandidate(first + i, column)) {
                    insert(first + i, piece[i], firstColumn + (int) column);
                    least[i] = last(first + i);
                }
            }
        }
    }

    private boolean isCandidate(long row, long column) {
        return ALL.get(I32, rowGroups.at(row)) != ALL.get(I32, columnGroups.at(column));
    }

    private float last(long row) {
        return ALL.get(F32, values.at((row + 1) * values.dim(1) - 1));
    }

    /** Behind all that are at least as good, since they came first. */
    private void insert(long row, float value, int index) {
        long from = row * values.dim(1);
        long at = from + values.dim(1) - 1;
        while (at > from && ALL.get(F32, values.at(at - 1)) < value) {
            ALL.set(F32, values.at(at), ALL.get(F32, values.at(at - 1)));
            ALL.set(I32, indices.at(at), ALL.get(I32, indices.at(at - 1)));
            at--;
        }
        ALL.set(F32, values.at(at), value);
        ALL.set(I32, indices.at(at), index);
    }
}
