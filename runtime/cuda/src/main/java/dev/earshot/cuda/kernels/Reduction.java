package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import java.util.Arrays;

/**
 * The loops of a reduction over a fixed number of operands: those over its results and, for each, those over its terms;
 * packed as the {@code Reduction} struct of {@code reduction.cuh}. The first operand is the input, the last the result.
 * Chooses how a block's threads share the work. Use: {@link #over}, an operand after the other, {@link #plan}.
 */
final class Reduction {
    /** As in {@code elementwise.cuh}. */
    static final int BLOCK = 256;

    private static final int WARP = 32;

    /** Threads per result where neighbouring threads have neighbouring results; one warp covers 32 of these. */
    private static final int COLUMN_MEMBERS = BLOCK / WARP;

    /** Rows up to this length are left to one warp: 32 terms per thread. */
    private static final int WARP_TERMS = 1024;

    /** Fewer neighbouring results than this leave most of a memory transaction unused. */
    private static final int LEAST_COLUMNS = 8;

    private final int operands;
    private final Loops kept;
    private final Axes terms;
    private final long[] words;
    private final boolean[] reduced = new boolean[Shape.MAX_RANK];
    private final long[] keptSizes = new long[Shape.MAX_RANK];
    private Shape sizes;
    private int added;
    private boolean rows;
    private int members;

    Reduction(int operands) {
        this.operands = operands;
        this.kept = new Loops(operands);
        this.terms = new Axes(operands);
        this.words = new long[Loops.HEADER + operands * Loops.OPERAND + Axes.WORDS + operands * Axes.MOST];
    }

    /** Starts loops of {@code loops} sizes that reduce one axis. */
    Reduction over(Shape loops, int axis) {
        start(loops);
        reduced[axis] = true;
        return begin();
    }

    /** Starts loops of {@code loops} sizes that reduce the axes along which {@code out} has size 1 or that it lacks. */
    Reduction over(Shape loops, Tensor out) {
        start(loops);
        for (int axis = 1; axis <= loops.rank(); axis++) {
            boolean one = axis > out.shape().rank() || out.dim(-axis) == 1;
            reduced[loops.rank() - axis] = one && loops.dim(-axis) != 1;
        }
        return begin();
    }

    private void start(Shape loops) {
        sizes = loops;
        added = 0;
        Arrays.fill(reduced, false);
    }

    private Reduction begin() {
        terms.clear();
        for (int axis = sizes.rank() - 1; axis >= 0; axis--) {
            keptSizes[axis] = reduced[axis] ? 1 : sizes.dim(axis);
            if (reduced[axis]) {
                terms.add(sizes.dim(axis));
            }
        }
        kept.over(keptSizes, sizes.rank());
        return this;
    }

    /** Adds {@code x}, repeated along the axes where it has size 1 or that it lacks. */
    Reduction operand(CudaContext cuda, Tensor x) {
        kept.operand(cuda.address(x), x);
        for (int index = 0, axis = sizes.rank() - 1; axis >= 0; axis--) {
            if (reduced[axis]) {
                terms.stride[added][index++] =
                        Loops.strideAt(x, axis - sizes.rank() + x.shape().rank());
            }
        }
        added++;
        return this;
    }

    /** Adds an operand that has one element per result: the sizes of the loops without the one reduced axis. */
    Reduction result(int axis, CudaContext cuda, Tensor x) {
        kept.operandWithout(axis, cuda, x);
        Arrays.fill(terms.stride[added++], 0);
        return this;
    }

    /** Orders and merges the axes and chooses the mapping of threads. */
    void plan(String op) {
        kept.arrange();
        kept.plan(false);
        terms.simplify(0);
        terms.ensureOne();
        if (terms.elements() > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("%s of %s: expected fewer than 2^31 terms per result, got %d"
                    .formatted(op, sizes, terms.elements()));
        }
        boolean columns =
                kept.axes().stride[0][0] == 1 && kept.axes().size[0] >= LEAST_COLUMNS && terms.stride[0][0] != 1;
        rows = !columns;
        members = columns ? COLUMN_MEMBERS : terms.elements() <= WARP_TERMS ? WARP : BLOCK;
    }

    /** Number of launches; 1 unless there are more than 2^31 results. */
    long pieces() {
        return kept.pieces();
    }

    /** The struct for piece {@code index}; valid until the next call. */
    long[] words(long index) {
        long[] header = kept.words(index);
        System.arraycopy(header, 0, words, 0, header.length);
        terms.pack(words, header.length);
        int at = header.length + Axes.WORDS;
        for (int operand = 0; operand < operands; operand++) {
            for (int axis = 0; axis < Axes.MOST; axis++) {
                words[at++] = axis < terms.count ? terms.stride[operand][axis] : 0;
            }
        }
        return words;
    }

    /** Results of the piece whose words were asked for last. */
    long results() {
        return kept.units();
    }

    /** Terms of each result. */
    long terms() {
        return terms.elements();
    }

    /** Threads that share a result. */
    int members() {
        return members;
    }

    /** 1 if neighbouring threads take neighbouring terms, 0 if they take neighbouring results. */
    int rows() {
        return rows ? 1 : 0;
    }

    /** Blocks for the piece whose words were asked for last. */
    long blocks() {
        return Loops.ceil(results(), BLOCK / members);
    }
}
