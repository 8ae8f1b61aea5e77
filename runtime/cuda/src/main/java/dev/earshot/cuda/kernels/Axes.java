package dev.earshot.cuda.kernels;

/**
 * The axes of nested loops over strided operands, innermost first: ordered and merged so that few are left, then packed as
 * the {@code Axes} struct of {@code elementwise.cuh}. Reused from launch to launch; holds no memory of the last one after
 * {@link #clear}.
 */
final class Axes {
    /** As in {@code elementwise.cuh}. */
    static final int MOST = 8;

    /** Words of the struct. */
    static final int WORDS = 1 + 3 * MOST / 2;

    final long[] size = new long[MOST];

    /** Elements per step of an axis, by operand. */
    final long[][] stride;

    int count;

    Axes(int operands) {
        stride = new long[operands][MOST];
    }

    void clear() {
        count = 0;
    }

    /** Adds an axis outside the others, with stride 0 everywhere. */
    void add(long steps) {
        size[count] = steps;
        for (long[] of : stride) {
            of[count] = 0;
        }
        count++;
    }

    /** Gives loops over a single element their one axis. */
    void ensureOne() {
        if (count == 0) {
            add(1);
        }
    }

    /** Product of all sizes. */
    long elements() {
        return elements(count);
    }

    /** Product of the innermost {@code axes} sizes. */
    long elements(int axes) {
        long product = 1;
        for (int axis = 0; axis < axes; axis++) {
            product *= size[axis];
        }
        return product;
    }

    /**
     * Puts the axes into an order in which operand {@code first} is walked through with growing strides (the others decide
     * between equal ones, from the last to the first), then merges neighbours that are one axis to all operands.
     */
    void simplify(int first) {
        for (int axis = 1; axis < count; axis++) {
            for (int at = axis; at > 0 && precedes(at, at - 1, first); at--) {
                exchange(at, at - 1);
            }
        }
        int kept = 0;
        for (int axis = 1; axis < count; axis++) {
            if (merges(kept, axis)) {
                size[kept] *= size[axis];
            } else {
                kept++;
                move(axis, kept);
            }
        }
        count = Math.min(count, kept + 1);
    }

    private boolean precedes(int axis, int other, int first) {
        if (stride[first][axis] != stride[first][other]) {
            return stride[first][axis] < stride[first][other];
        }
        for (int operand = stride.length - 1; operand >= 0; operand--) {
            if (stride[operand][axis] != stride[operand][other]) {
                return stride[operand][axis] < stride[operand][other];
            }
        }
        return false;
    }

    private boolean merges(int inner, int outer) {
        for (long[] of : stride) {
            if (of[outer] != of[inner] * size[inner]) {
                return false;
            }
        }
        return true;
    }

    private void move(int from, int to) {
        size[to] = size[from];
        for (long[] of : stride) {
            of[to] = of[from];
        }
    }

    /** Makes the steps of an axis {@code edge} elements wide; the last one may be narrower. */
    void tile(int axis, int edge) {
        size[axis] = (size[axis] + edge - 1) / edge;
        for (long[] of : stride) {
            of[axis] *= edge;
        }
    }

    void exchange(int axis, int other) {
        long kept = size[axis];
        size[axis] = size[other];
        size[other] = kept;
        for (long[] of : stride) {
            long step = of[axis];
            of[axis] = of[other];
            of[other] = step;
        }
    }

    /** Writes the struct; the product of the sizes must be below 2^31. */
    void pack(long[] words, int at) {
        long units = Math.toIntExact(elements());
        words[at] = units | (long) count << 32;
        for (int pair = 0; pair < MOST / 2; pair++) {
            int low = 2 * pair;
            int high = low + 1;
            words[at + 1 + pair] = word(divisor(low), divisor(high));
            words[at + 1 + MOST / 2 + pair] = word(magic(divisor(low)), magic(divisor(high)));
            words[at + 1 + MOST + pair] = word(shift(divisor(low)), shift(divisor(high)));
        }
    }

    private long divisor(int axis) {
        return axis < count ? size[axis] : 1;
    }

    private static long word(long low, long high) {
        return (low & 0xffffffffL) | high << 32;
    }

    /** The multiplier of Granlund and Montgomery 1994 for dividends below 2^31, without its highest bit. */
    static long magic(long divisor) {
        return ((1L << 32) * ((1L << shift(divisor)) - divisor)) / divisor + 1;
    }

    static long shift(long divisor) {
        return 64 - Long.numberOfLeadingZeros(divisor - 1);
    }
}
