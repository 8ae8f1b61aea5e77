package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/**
 * The loops of an elementwise kernel over a fixed number of operands of any strides, packed as the {@code Elementwise}
 * struct of {@code elementwise.cuh}. The last operand is the result. Use: {@link #over}, {@link #operand} for each,
 * {@link #plan}, then one launch per piece; there is more than one piece only beyond 2^31 units.
 *
 * <p>A launcher owns one and reuses it, so that a launch allocates nothing.
 */
final class Loops {
    /** Elements of a pack, as in {@code elementwise.cuh}. */
    static final int PACK = 4;

    private static final int VECTOR_BYTES = 16;
    /** Words of the struct before the operands, and of one operand. */
    static final int HEADER = Axes.WORDS + 1;

    static final int OPERAND = 2 + Axes.MOST;
    private static final long MOST_UNITS = Integer.MAX_VALUE;

    private final int operands;
    private final long mostUnits;
    private final Axes axes;
    private final Axes piece;
    private final long[] address;
    private final DType[] type;
    private final long[] words;
    private final long[] sizes = new long[Shape.MAX_RANK];
    private int rank;
    private int added;
    private boolean packed;
    private long tail;
    private int splitAxis;
    private long chunk;

    Loops(int operands) {
        this(operands, MOST_UNITS);
    }

    /** For tests: pieces of at most {@code mostUnits} units. */
    Loops(int operands, long mostUnits) {
        this.operands = operands;
        this.mostUnits = mostUnits;
        this.axes = new Axes(operands);
        this.piece = new Axes(operands);
        this.address = new long[operands];
        this.type = new DType[operands];
        this.words = new long[HEADER + operands * OPERAND];
    }

    /** Starts loops of these sizes. */
    Loops over(Shape shape) {
        for (int axis = 0; axis < shape.rank(); axis++) {
            sizes[axis] = shape.dim(axis);
        }
        return over(sizes, shape.rank());
    }

    /** Starts loops of the first {@code axesGiven} of these sizes. */
    Loops over(long[] given, int axesGiven) {
        System.arraycopy(given, 0, sizes, 0, axesGiven);
        rank = axesGiven;
        added = 0;
        axes.clear();
        for (int axis = rank - 1; axis >= 0; axis--) {
            if (sizes[axis] != 1) {
                axes.add(sizes[axis]);
            }
        }
        return this;
    }

    /** Adds {@code x}, repeated along the axes where it has size 1 or that it lacks. */
    Loops operand(CudaContext cuda, Tensor x) {
        return operand(cuda.address(x), x);
    }

    /** As the other form, for a known address. */
    Loops operand(long at, Tensor x) {
        begin(at, x);
        for (int index = 0, axis = rank - 1; axis >= 0; axis--) {
            if (sizes[axis] != 1) {
                axes.stride[added][index++] =
                        strideAt(x, axis - rank + x.shape().rank());
            }
        }
        added++;
        return this;
    }

    /** As the other form for an operand that lacks axis {@code missing} of the loops and has all others. */
    Loops operandWithout(int missing, CudaContext cuda, Tensor x) {
        begin(cuda.address(x), x);
        for (int index = 0, axis = rank - 1; axis >= 0; axis--) {
            if (sizes[axis] != 1) {
                axes.stride[added][index++] = strideAt(x, axis < missing ? axis : axis - 1);
            }
        }
        added++;
        return this;
    }

    private void begin(long at, Tensor x) {
        address[added] = at;
        type[added] = x.dtype();
    }

    /** 0 where {@code x} is repeated. */
    static long strideAt(Tensor x, int axis) {
        return axis < 0 || x.dim(axis) == 1 ? 0 : x.stride(axis);
    }

    /** Orders and merges the axes and chooses between packs and single elements. */
    void plan() {
        arrange();
        plan(true);
    }

    /** First half of {@link #plan()}: orders and merges the axes, the result's smallest stride innermost. */
    void arrange() {
        axes.simplify(operands - 1);
        axes.ensureOne();
    }

    /** Second half of {@link #plan()}; without {@code mayPack} a unit is one element. */
    void plan(boolean mayPack) {
        packed = mayPack && packs();
        tail = packed ? axes.size[0] % PACK : 0;
        if (packed) {
            axes.size[0] /= PACK;
            for (long[] of : axes.stride) {
                of[0] *= PACK;
            }
        }
        splitAxis = 0;
        while (splitAxis < axes.count - 1 && axes.elements(splitAxis + 1) <= mostUnits) {
            splitAxis++;
        }
        chunk = Math.max(1, Math.min(axes.size[splitAxis], mostUnits / axes.elements(splitAxis)));
    }

    private boolean packs() {
        if (axes.size[0] < PACK || (axes.count > 1 && axes.size[0] % PACK != 0)) {
            return false;
        }
        for (int operand = 0; operand < operands; operand++) {
            long[] stride = axes.stride[operand];
            boolean dense = stride[0] == 1;
            boolean repeats = stride[0] == 0 && operand < operands - 1;
            if (!dense && !repeats) {
                return false;
            }
            long offsets = 0;
            for (int axis = 1; axis < axes.count; axis++) {
                offsets |= stride[axis];
            }
            long vector = Math.min(VECTOR_BYTES, PACK * type[operand].bytes());
            if (dense && (offsets % PACK != 0 || address[operand] % vector != 0)) {
                return false;
            }
        }
        return true;
    }

    /** True if the packed form of the kernel is the one to launch. */
    boolean packed() {
        return packed;
    }

    /** Number of launches; 1 unless the result is huge. */
    long pieces() {
        return ceil(axes.size[splitAxis], chunk) * outer();
    }

    private long outer() {
        return axes.elements() / axes.elements(splitAxis + 1);
    }

    /** The struct for piece {@code index}; valid until the next call. */
    long[] words(long index) {
        long parts = ceil(axes.size[splitAxis], chunk);
        long from = index % parts * chunk;
        piece.clear();
        for (int axis = 0; axis <= splitAxis; axis++) {
            copyAxis(axis, axis < splitAxis ? axes.size[axis] : Math.min(chunk, axes.size[axis] - from));
        }
        boolean last = index == pieces() - 1;
        piece.pack(words, 0);
        words[Axes.WORDS] = last ? tail : 0;
        for (int operand = 0; operand < operands; operand++) {
            packOperand(operand, from, index / parts);
        }
        return words;
    }

    private void copyAxis(int axis, long size) {
        piece.size[axis] = size;
        for (int operand = 0; operand < operands; operand++) {
            piece.stride[operand][axis] = axes.stride[operand][axis];
        }
        piece.count = axis + 1;
    }

    private void packOperand(int operand, long from, long outerIndex) {
        long[] stride = axes.stride[operand];
        long first = from * stride[splitAxis];
        long rest = outerIndex;
        for (int axis = splitAxis + 1; axis < axes.count; axis++) {
            first += rest % axes.size[axis] * stride[axis];
            rest /= axes.size[axis];
        }
        int at = HEADER + operand * OPERAND;
        boolean repeated = packed && stride[0] == 0;
        words[at] = address[operand] + first * type[operand].bytes();
        words[at + 1] = type[operand].ordinal() | (repeated ? 1L : 0L) << 32;
        for (int axis = 0; axis < Axes.MOST; axis++) {
            words[at + 2 + axis] = axis < piece.count ? stride[axis] : 0;
        }
    }

    /** Units of the piece whose words were asked for last. */
    long units() {
        return piece.elements();
    }

    /**
     * The axis along which the first of two operands is dense, if the result is dense along another: the loops of a
     * transposition by tiles. To be asked after {@link #arrange}.
     *
     * @return 0 if there is none, or if one of the two axes is shorter than {@code least}
     */
    int transposedAxis(int least) {
        long[] from = axes.stride[0];
        boolean candidate = axes.stride[1][0] == 1 && from[0] > 1 && axes.size[0] >= least;
        for (int axis = 1; candidate && axis < axes.count; axis++) {
            if (from[axis] == 1 && axes.size[axis] >= least && axes.size[0] * axes.size[axis] <= mostUnits) {
                return axis;
            }
        }
        return 0;
    }

    /** The axes after {@link #arrange}, for launchers that change them. */
    Axes axes() {
        return axes;
    }

    static long ceil(long dividend, long divisor) {
        return (dividend + divisor - 1) / divisor;
    }
}
