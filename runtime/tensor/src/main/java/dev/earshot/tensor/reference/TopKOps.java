package dev.earshot.tensor.reference;

import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.internal.Elements;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Definition of the merging of top-K lists. */
final class TopKOps {
    private TopKOps() {}

    /** An element of a list. */
    private record Entry(double value, long index) {}

    static void merge(Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        int rows = Math.toIntExact(x.dim(0));
        int columns = Math.toIntExact(x.dim(1));
        int k = Math.toIntExact(values.dim(1));
        double[] candidates = Elements.read(x);
        long[] ofRow = Elements.readIntegers(rowGroups);
        long[] ofColumn = Elements.readIntegers(columnGroups);
        double[] listed = Elements.read(values);
        long[] numbers = Elements.readIntegers(indices);
        for (int row = 0; row < rows; row++) {
            List<Entry> entries = new ArrayList<>();
            for (int i = row * k; i < (row + 1) * k; i++) {
                entries.add(new Entry(listed[i], numbers[i]));
            }
            for (int column = 0; column < columns; column++) {
                double value = candidates[row * columns + column];
                if (value > Double.NEGATIVE_INFINITY && ofRow[row] != ofColumn[column]) {
                    entries.add(new Entry(value, firstColumn + column));
                }
            }
            entries.sort(
                    Comparator.comparingDouble((Entry entry) -> -entry.value)); // stable: who came first stays ahead
            for (int i = 0; i < k; i++) {
                listed[row * k + i] = entries.get(i).value;
                numbers[row * k + i] = entries.get(i).index;
            }
        }
        Elements.write(listed, values);
        Elements.writeIntegers(numbers, indices);
    }
}
