package dev.earshot.tensor.cpu;

import static dev.earshot.tensor.internal.NativeMemory.ALL;

import dev.earshot.tensor.Activation;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/** What one worker does with the integer sums of a panel: scale and bias, activation, residual, row by row. */
final class Int8Epilogue {
    private final float[] rowScales;
    private final int[] rowZeros;
    private final Activation activation;
    private final RowPlaces target;
    private final Optional<RowPlaces> residual;
    private final long sums; // I32 [rows, width of the panel]
    private final int[] products;
    private final float[] values;
    private final float[] added;

    Int8Epilogue(
            float[] rowScales,
            int[] rowZeros,
            Activation activation,
            RowPlaces target,
            Optional<RowPlaces> residual,
            long sums,
            int widest) {
        this.rowScales = rowScales;
        this.rowZeros = rowZeros;
        this.activation = activation;
        this.target = target;
        this.residual = residual;
        this.sums = sums;
        this.products = new int[widest];
        this.values = new float[widest];
        this.added = new float[residual.isPresent() ? widest : 0];
    }

    /** Rows [first, last) of the columns of {@code panel}. */
    void run(Int8Linear.Panel panel, int first, int last) {
        int n = panel.width();
        long column = 4L * panel.from();
        for (int row = first; row < last; row++) {
            long source = sums + 4L * (row - first) * n;
            MemorySegment.copy(ALL, ValueLayout.JAVA_INT_UNALIGNED, source, products, 0, n);
            Int8Rows.dequantise(
                    products, rowZeros[row], rowScales[row], panel.sums(), panel.scales(), panel.biases(), values, n);
            activate(n);
            if (residual.isPresent()) {
                HeapRows.load(residual.get().address(row) + column, added, n);
                Int8Rows.add(added, values, n);
            }
            HeapRows.store(values, target.address(row) + column, n);
        }
    }

    private void activate(int n) {
        switch (activation) {
            case NONE -> {}
            case RELU -> Int8Rows.relu(values, n);
            case GELU -> Int8Rows.gelu(values, n);
            case QUICK_GELU -> Int8Rows.quickGelu(values, n);
        }
    }
}
