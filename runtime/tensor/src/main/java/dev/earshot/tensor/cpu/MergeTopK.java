package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.cpu.NativeMemory.ALL;

import java.lang.foreign.ValueLayout;

/**
 * See {@link dev.earshot.tensor.Backend#mergeTopK}. Rows whose elements lie side by side are walked along one by one; of a
 * transposed view {@value #STRIP} rows are walked along together, which are two cache lines of each column.
 */
record MergeTopK(View x, View rowGroups, View columnGroups, int firstColumn, View values, View indices) implements Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final int STRIP = 32;

    @Override
    public void bind(Binder binder) {
        long rows = x.dim(0);
        int strip = x.stride(0) == 1 && x.stride(1) != 1 ? STRIP : 1;
        long strips = (rows + strip - 1) / strip;
        RowSharing.add(binder, "mergeTopK " + x, strips, x.elements(), worker -> {
            float[] least = new float[strip];
            return number -> merge(number * strip, (int) Math.min(strip, rows - number * strip), least);
        });
    }

    /** Merges {@code count} rows from {@code first} on; {@code least} is room for the last value of each list. */
    private void merge(long first, int count, float[] least) {
        long columns = x.dim(1);
        for (int i = 0; i < count; i++) {
            least[i] = last(first + i);
        }
        for (long column = 0; column < columns; column++) {
            long from = x.at(first * x.stride(0) + column * x.stride(1));
            for (int i = 0; i < count; i++) {
                float value = ALL.get(F32, from + 4L * i);
                if (value > least[i] && isCandidate(first + i, column)) {
                    insert(first + i, value, firstColumn + (int) column);
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
