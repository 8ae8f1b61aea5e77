package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Tensor;

/** One step of Adam on one parameter, any strides. Source: adam.cu. Reference: ElementwiseBackwardOps. */
public final class AdamKernel {
    private final CudaContext cuda;
    private final LoopKernel kernel;
    private final Loops loops = new Loops(4);

    public AdamKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = LoopKernel.single(cuda, "adam", "adam");
    }

    /** F32 tensors of one shape; {@code scalars} as {@link dev.earshot.tensor.AdamStep} lists them, read on the device. */
    public void launch(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        loops.over(parameter.shape())
                .operand(cuda, gradient)
                .operand(cuda, parameter)
                .operand(cuda, firstMoment)
                .operand(cuda, secondMoment)
                .plan();
        for (long piece = 0; piece < loops.pieces(); piece++) {
            kernel.run(kernel.begin(loops, piece).tensor(scalars), loops);
        }
    }
}
