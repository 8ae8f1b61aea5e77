package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Tensor;

/** out = f(a, b) with broadcasting, any strides, out may be a or b. Source: binary.cu. Reference: ElementwiseOps. */
public final class BinaryKernel {
    private final CudaContext cuda;
    private final LoopKernel kernel;
    private final Loops loops = new Loops(3);

    public BinaryKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = LoopKernel.of(cuda, "binary", "binary");
    }

    /** F32 or BF16 tensors; a and b broadcast to out's shape. */
    public void launch(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        loops.over(out.shape())
                .operand(cuda, a)
                .operand(cuda, b)
                .operand(cuda, out)
                .plan();
        for (long piece = 0; piece < loops.pieces(); piece++) {
            kernel.run(kernel.begin(loops, piece).integer(op.ordinal()), loops);
        }
    }
}
