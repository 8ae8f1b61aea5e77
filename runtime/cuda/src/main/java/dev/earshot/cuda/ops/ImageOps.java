package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.PoolOp;
import dev.earshot.tensor.Tensor;

/** Patches, pooling and resampling of images. */
public final class ImageOps {
    private final CudaContext cuda;

    public ImageOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void unfold(Tensor x, int kernelY, int kernelX, int strideY, int strideX, Tensor out) {
        throw new UnsupportedOperationException("unfold on " + cuda);
    }

    public void pool2d(Tensor x, PoolOp op, int kernel, int stride, int pad, Tensor out) {
        throw new UnsupportedOperationException("pool2d on " + cuda);
    }

    public void resize(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        throw new UnsupportedOperationException("resize on " + cuda);
    }
}
