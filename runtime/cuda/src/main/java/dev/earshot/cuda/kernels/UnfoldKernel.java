package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.Tensor;

/** The patches of images as rows. Source: unfold.cu. Reference: ConvolutionOps. */
public final class UnfoldKernel {
    private final CudaContext cuda;
    private final TypedKernels kernels;

    public UnfoldKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernels = new TypedKernels(cuda, "unfold", "unfold");
    }

    /** From x [B, C, H, W] to out [B, patches, C * kernelY * kernelX], both F32 or BF16. */
    public void launch(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        RowView to = RowView.of(cuda, out);
        ImageLines lines = ImageLines.of(to.rows(), to.width());
        ImageLines.image(cuda.queue().launch(kernels.of(x.dtype(), out.dtype())), cuda, x)
                .rows(to)
                .longInteger(to.rows())
                .integer(to.width())
                .integer(lines.threads())
                .integer(out.dim(1))
                .integer((x.dim(3) - kernelX) / strideX + 1)
                .integer(kernelY)
                .integer(kernelX)
                .integer(strideY)
                .integer(strideX)
                .run(lines.blocks(), ImageLines.BLOCK);
    }
}
