package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;

/** gradX += gradOut f'(x), any strides. Source: unary_backward.cu. Reference: ElementwiseBackwardOps. */
public final class UnaryBackwardKernel {
    private final CudaContext cuda;
    private final LoopKernel kernel;
    private final Loops loops = new Loops(3);

    public UnaryBackwardKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = LoopKernel.single(cuda, "unary_backward", "unary_backward");
    }

    /** x is F32 or BF16, the gradients are F32; all of one shape. */
    public void launch(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX) {
        Loops all =
                loops.over(x.shape()).operand(cuda, x).operand(cuda, gradOut).operand(cuda, gradX);
        all.plan();
        for (long piece = 0; piece < all.pieces(); piece++) {
            kernel.run(kernel.begin(all, piece).integer(op.ordinal()), all);
        }
    }
}
