package dev.earshot.tensor.cpu;

import java.util.Arrays;

/** Addresses of the rows of a view with dense rows, in row-major order of its leading axes. */
record RowPlaces(View view, LoopSpace space) {
    static RowPlaces of(View view) {
        int lead = view.rank() - 1;
        View first = view.with(0, Arrays.copyOf(view.dims(), lead), Arrays.copyOf(view.strides(), lead));
        return new RowPlaces(view, LoopSpace.over(first.dims(), first));
    }

    long address(long row) {
        long inner = space.rowLength();
        return view.at(space.rowOffset(0, row / inner) + row % inner * space.rowStride(0));
    }
}
