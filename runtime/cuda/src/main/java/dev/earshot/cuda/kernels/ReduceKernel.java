package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Queue;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/**
 * Reductions along an axis, and sums into gradients along any; long ones in two passes. Source: reduce.cu. Reference:
 * ReduceOps, AccumulateOps.
 */
public final class ReduceKernel {
    private static final int WARP = 32;

    /** Code of a sum of products in reduce.cu; follows those of {@link ReduceOp}. */
    private static final int DOT = ReduceOp.values().length;

    /** Blocks that fill the largest cards several times over; the same on every card, so that all give the same bits. */
    private static final int ENOUGH_BLOCKS = 1024;

    /** A thread has at least this many terms before a second pass is worth its launch. */
    private static final int LEAST_TERMS = 32;

    /** As in reduce.cu. */
    private static final int STATE_BYTES = 16;

    private final CudaContext cuda;
    private final Kernel reduce;
    private final Kernel combine;
    private final Reduction reduction = new Reduction(3);

    public ReduceKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.reduce = cuda.kernel("reduce", "reduce");
        this.combine = cuda.kernel("reduce", "reduce_parts");
    }

    /** out = op(x along {@code axis}), which is not negative; F32 or BF16. */
    public void launch(ReduceOp op, Tensor x, int axis, Tensor out) {
        reduction.over(x.shape(), axis).operand(cuda, x).operand(cuda, x).result(axis, cuda, out);
        reduction.plan("reduce");
        launch(op.ordinal(), 0, op == ReduceOp.MEAN ? 1.0 / x.dim(axis) : 1);
    }

    /** out += alpha * the sums of x along the axes of {@code loops} where out has size 1; x broadcasts to {@code loops}. */
    public void launchAccumulate(Shape loops, Tensor x, float alpha, Tensor out) {
        reduction.over(loops, out).operand(cuda, x).operand(cuda, x).operand(cuda, out);
        reduction.plan("accumulate");
        launch(ReduceOp.SUM.ordinal(), 1, alpha);
    }

    /** out += the sums of a b; as the other form. */
    public void launchAccumulateProduct(Shape loops, Tensor a, Tensor b, Tensor out) {
        reduction.over(loops, out).operand(cuda, a).operand(cuda, b).operand(cuda, out);
        reduction.plan("accumulateProduct");
        launch(DOT, 1, 1);
    }

    private void launch(int code, int accumulate, double scale) {
        Queue queue = cuda.queue();
        for (long piece = 0; piece < reduction.pieces(); piece++) {
            long[] words = reduction.words(piece);
            long wanted = Loops.ceil(reduction.terms(), parts());
            int parts = (int) Loops.ceil(reduction.terms(), wanted);
            long scratch = parts == 1 ? 0 : queue.scratch(reduction.results() * parts * STATE_BYTES);
            queue.launch(reduce)
                    .struct(words)
                    .integer(code)
                    .integer(accumulate)
                    .real64(scale)
                    .integer(reduction.rows())
                    .integer(reduction.members())
                    .integer(wanted)
                    .address(scratch)
                    .run(reduction.blocks(), parts, 1, Reduction.BLOCK, 0);
            if (parts > 1) {
                queue.launch(combine)
                        .struct(words)
                        .integer(code)
                        .integer(accumulate)
                        .real64(scale)
                        .address(scratch)
                        .integer(parts)
                        .run(Loops.ceil(reduction.results(), Reduction.BLOCK / WARP), Reduction.BLOCK);
            }
        }
    }

    /** Pieces that the terms of each result are cut into, so that few long sums fill the card. */
    private long parts() {
        long most = reduction.terms() / ((long) reduction.members() * LEAST_TERMS);
        return Math.max(1, Math.min(most, ENOUGH_BLOCKS / reduction.blocks()));
    }
}
