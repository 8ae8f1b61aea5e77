package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;

/** Pixel matching, forward and backward. */
public final class PixelMatchingOps {
    private final CudaContext cuda;

    public PixelMatchingOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        throw new UnsupportedOperationException("pixelMatching on " + cuda);
    }

    public void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved) {
        throw new UnsupportedOperationException("pixelMatching on " + cuda);
    }

    public void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        throw new UnsupportedOperationException("pixelMatchingBackward on " + cuda);
    }

    public void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor weights,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        throw new UnsupportedOperationException("pixelMatchingBackward on " + cuda);
    }
}
