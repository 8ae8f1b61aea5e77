package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.Tensor;

/** Index of the first largest element of every row. Source: argmax.cu. Reference: ReduceOps. */
public final class ArgmaxKernel {
    private final CudaContext cuda;
    private final Kernel kernel;
    private final Reduction reduction = new Reduction(2);

    public ArgmaxKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = cuda.kernel("argmax", "argmax");
    }

    /** x is F32 or BF16, out I32 of x's shape without the last axis. */
    public void launch(Tensor x, Tensor out) {
        int axis = x.shape().rank() - 1;
        reduction.over(x.shape(), axis).operand(cuda, x).result(axis, cuda, out);
        reduction.plan("argmax");
        for (long piece = 0; piece < reduction.pieces(); piece++) {
            cuda.queue()
                    .launch(kernel)
                    .struct(reduction.words(piece))
                    .integer(reduction.rows())
                    .integer(reduction.members())
                    .run(reduction.blocks(), Reduction.BLOCK);
        }
    }
}
