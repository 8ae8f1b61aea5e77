package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Tensor;

/** Pooling of images. Source: pool2d.cu. Reference: ConvolutionOps. */
public final class Pool2dKernel {
    private final CudaContext cuda;
    private final TypedKernels kernels;

    public Pool2dKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernels = new TypedKernels(cuda, "pool2d", "pool2d");
    }

    /** From x [B, C, H, W] to out [B, C, OH, OW], both F32 or BF16. */
    public void launch(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        long rows = out.dim(0) * out.dim(1) * out.dim(2);
        ImageLines lines = ImageLines.of(rows, out.dim(3));
        ImageLines.image(ImageLines.image(cuda.queue().launch(kernels.of(x.dtype(), out.dtype())), cuda, x), cuda, out)
                .longInteger(rows)
                .integer(lines.threads())
                .integer(x.dim(1))
                .integer(x.dim(2))
                .integer(x.dim(3))
                .integer(out.dim(2))
                .integer(out.dim(3))
                .integer(code(op))
                .integer(kernel)
                .integer(stride)
                .integer(pad)
                .run(lines.blocks(), ImageLines.BLOCK);
    }

    /** As in pool2d.cu. */
    private static int code(PoolOp op) {
        return switch (op) {
            case MAX -> 0;
            case AVERAGE -> 1;
            case AVERAGE_EXCLUDING_PADDING -> 2;
        };
    }
}
