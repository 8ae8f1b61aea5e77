package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Launch;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;

/** out = f(x) and out = alpha x + beta, any strides, in place if wished. Source: unary.cu. Reference: ElementwiseOps. */
public final class UnaryKernel {
    /** Follows the codes of {@link UnaryOp} in unary.cu. */
    private static final int AFFINE = UnaryOp.values().length;

    private final CudaContext cuda;
    private final LoopKernel kernel;
    private final Loops loops = new Loops(2);

    public UnaryKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = LoopKernel.single(cuda, "unary", "unary");
    }

    /** F32 or BF16 tensors of one shape. */
    public void launch(UnaryOp op, Tensor x, Tensor out) {
        launch(op.ordinal(), 1, 0, x, out);
    }

    /** F32 or BF16 tensors of one shape. */
    public void launchAffine(Tensor x, float alpha, float beta, Tensor out) {
        launch(AFFINE, alpha, beta, x, out);
    }

    private void launch(int code, float alpha, float beta, Tensor x, Tensor out) {
        loops.over(out.shape()).operand(cuda, x).operand(cuda, out).plan();
        for (long piece = 0; piece < loops.pieces(); piece++) {
            Launch launch = kernel.begin(loops, piece).integer(code).real(alpha).real(beta);
            kernel.run(launch, loops);
        }
    }
}
