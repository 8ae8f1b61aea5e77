package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.Pool2dKernel;
import dev.earshot.cuda.kernels.ResizeKernel;
import dev.earshot.cuda.kernels.UnfoldKernel;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Tensor;

/** Patches, pooling and resampling of images. */
public final class ImageOps {
    private final UnfoldKernel unfold;
    private final Pool2dKernel pool2d;
    private final ResizeKernel resize;

    public ImageOps(CudaContext cuda) {
        this.unfold = new UnfoldKernel(cuda);
        this.pool2d = new Pool2dKernel(cuda);
        this.resize = new ResizeKernel(cuda);
    }

    public void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        unfold.launch(x, kernelY, kernelX, strideY, strideX, out);
    }

    public void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        pool2d.launch(x, op, kernel, stride, pad, out);
    }

    public void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        resize.launch(x, kind, stepY, stepX, out);
    }
}
