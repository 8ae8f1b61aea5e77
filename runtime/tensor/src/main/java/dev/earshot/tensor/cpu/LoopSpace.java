package dev.earshot.tensor.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * The loops over several views of one shape, with axes of size 1 dropped and neighbouring axes merged wherever every view
 * allows: an innermost row of {@code rowLength} elements and {@code outer} sizes around it.
 */
final class LoopSpace {
    private final long rowLength;
    private final long[] outer;
    private final long[][] outerStrides; // by view, then by outer axis
    private final long[] rowStrides; // by view

    private LoopSpace(long rowLength, long[] outer, long[][] outerStrides, long[] rowStrides) {
        this.rowLength = rowLength;
        this.outer = outer;
        this.outerStrides = outerStrides;
        this.rowStrides = rowStrides;
    }

    /** The loops over {@code views}, which all have the sizes {@code dims}. */
    static LoopSpace over(long[] dims, View... views) {
        List<long[]> axes = new ArrayList<>(); // size, then the stride in each view; innermost first
        for (int axis = dims.length - 1; axis >= 0; axis--) {
            if (dims[axis] == 1) {
                continue;
            }
            long[] current = new long[views.length + 1];
            current[0] = dims[axis];
            for (int v = 0; v < views.length; v++) {
                current[v + 1] = views[v].stride(axis);
            }
            if (!axes.isEmpty() && merges(axes.getLast(), current)) {
                axes.getLast()[0] *= current[0];
            } else {
                axes.add(current);
            }
        }
        if (axes.isEmpty()) {
            long[] one = new long[views.length + 1];
            one[0] = 1;
            axes.add(one);
        }
        return of(axes, views.length);
    }

    private static boolean merges(long[] inner, long[] outer) {
        for (int v = 1; v < inner.length; v++) {
            if (outer[v] != inner[v] * inner[0]) {
                return false;
            }
        }
        return true;
    }

    private static LoopSpace of(List<long[]> axes, int views) {
        int count = axes.size() - 1;
        long[] outer = new long[count];
        long[][] outerStrides = new long[views][count];
        long[] rowStrides = new long[views];
        for (int v = 0; v < views; v++) {
            rowStrides[v] = axes.getFirst()[v + 1];
            for (int i = 0; i < count; i++) {
                outerStrides[v][i] = axes.get(count - i)[v + 1];
            }
        }
        for (int i = 0; i < count; i++) {
            outer[i] = axes.get(count - i)[0];
        }
        return new LoopSpace(axes.getFirst()[0], outer, outerStrides, rowStrides);
    }

    long rowLength() {
        return rowLength;
    }

    long rowStride(int view) {
        return rowStrides[view];
    }

    /** Number of rows. */
    long rows() {
        long product = 1;
        for (long size : outer) {
            product *= size;
        }
        return product;
    }

    /** Distance in elements of row {@code row} of a view from its first element. */
    long rowOffset(int view, long row) {
        long offset = 0;
        for (int i = outer.length - 1; i >= 0; i--) {
            offset += row % outer[i] * outerStrides[view][i];
            row /= outer[i];
        }
        return offset;
    }
}
