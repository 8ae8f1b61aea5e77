package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;

/** Backward of MAX, MIN and LOG_SUM_EXP along one axis. Source: reduce_backward.cu. Reference: ElementwiseBackwardOps. */
public final class ReduceBackwardKernel {
    private final CudaContext cuda;
    private final Kernel kernel;
    private final Reduction reduction = new Reduction(3);

    public ReduceBackwardKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = cuda.kernel("reduce_backward", "reduce_backward");
    }

    /**
     * gradX += backward of {@code op} along {@code axis}, which is not negative.
     *
     * @param x F32 or BF16
     * @param gradOut F32, x's shape without {@code axis}
     * @param gradX F32, x's shape
     */
    public void launch(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        reduction
                .over(x.shape(), axis)
                .operand(cuda, x)
                .result(axis, cuda, gradOut)
                .operand(cuda, gradX);
        reduction.plan("reduceBackward");
        for (long piece = 0; piece < reduction.pieces(); piece++) {
            cuda.queue()
                    .launch(kernel)
                    .struct(reduction.words(piece))
                    .integer(op.ordinal())
                    .integer(reduction.rows())
                    .integer(reduction.members())
                    .run(reduction.blocks(), Reduction.BLOCK);
        }
    }
}
