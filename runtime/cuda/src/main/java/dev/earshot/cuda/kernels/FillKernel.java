package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Tensor;

/** out = value everywhere, any strides. Source: fill.cu. Reference: AccumulateOps. */
public final class FillKernel {
    private final CudaContext cuda;
    private final LoopKernel kernel;
    private final Loops loops = new Loops(1);

    public FillKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = LoopKernel.of(cuda, "fill", "fill");
    }

    /** Fills an F32 or BF16 tensor; dense zeros are left to the driver. */
    public void launch(Tensor out, float value) {
        if (out.isContiguous() && Float.floatToRawIntBits(value) == 0) {
            cuda.queue()
                    .fill(
                            cuda.address(out),
                            out.shape().elements() * out.dtype().bytes(),
                            0);
            return;
        }
        loops.over(out.shape()).operand(cuda, out).plan();
        for (long piece = 0; piece < loops.pieces(); piece++) {
            kernel.run(kernel.begin(loops, piece).real(value), loops);
        }
    }
}
