package dev.earshot.cuda.ops;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/**
 * A way to see a flat buffer as a strided tensor, the same on every backend.
 *
 * @param dims sizes of the view
 * @param order axis of the view that is stored at each place, outermost first
 * @param stored sizes in memory in that order; larger than the view's where there is a margin, 1 where it is repeated
 * @param offset elements before the first
 */
record RandomView(DType type, long[] dims, int[] order, long[] stored, int offset) {
    private static final int MOST_OFFSET = 6;

    /** Axes in any order in memory, margins between them, some offset. */
    static RandomView strided(Random random, DType type, long... dims) {
        List<Integer> order = axes(dims);
        Collections.shuffle(order, random);
        return make(random, type, dims, order);
    }

    /** As {@link #strided}, but with the last axis innermost. */
    static RandomView dense(Random random, DType type, long... dims) {
        List<Integer> order = axes(dims);
        if (dims.length > 1) {
            Collections.shuffle(order.subList(0, dims.length - 1), random);
        }
        return make(random, type, dims, order);
    }

    private static List<Integer> axes(long[] dims) {
        List<Integer> order = new ArrayList<>();
        for (int axis = 0; axis < dims.length; axis++) {
            order.add(axis);
        }
        return order;
    }

    private static RandomView make(Random random, DType type, long[] dims, List<Integer> order) {
        long[] stored = new long[dims.length];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = dims[order.get(i)] + (random.nextInt(3) == 0 ? 1 + random.nextInt(3) : 0);
        }
        int[] places = order.stream().mapToInt(Integer::intValue).toArray();
        return new RandomView(type, dims, places, stored, random.nextInt(3) == 0 ? random.nextInt(MOST_OFFSET) : 0);
    }

    /** Elements of the buffer. */
    long length() {
        long product = offset + 1L;
        long all = 1;
        for (long size : stored) {
            all *= size;
        }
        return product + all;
    }

    /** The view of a buffer of {@link #length} elements. */
    Tensor of(Tensor flat) {
        Tensor x = flat.slice(0, offset, length() - 1).reshape(stored);
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < stored.length; i++) {
            x = x.slice(i, 0, dims[order[i]]);
            places.add(order[i]);
        }
        for (int axis = 0; axis < dims.length; axis++) {
            int from = places.indexOf(axis);
            x = x.transpose(axis, from);
            Collections.swap(places, axis, from);
        }
        return x;
    }
}
