package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Tensor;

/** Ops on rows: layer norm, softmax, unit length, and their backward ops. */
public final class RowOps {
    private final CudaContext cuda;

    public RowOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        throw new UnsupportedOperationException("layerNorm on " + cuda);
    }

    public void layerNorm(Tensor x, float eps, Tensor out) {
        throw new UnsupportedOperationException("layerNorm on " + cuda);
    }

    public void softmax(Tensor x, float scale, Tensor out) {
        throw new UnsupportedOperationException("softmax on " + cuda);
    }

    public void l2Normalize(Tensor x, float eps, Tensor out) {
        throw new UnsupportedOperationException("l2Normalize on " + cuda);
    }

    public void layerNormBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        throw new UnsupportedOperationException("layerNormBackward on " + cuda);
    }

    public void layerNormBackward(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX) {
        throw new UnsupportedOperationException("layerNormBackward on " + cuda);
    }

    public void layerNormParametersBackward(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        throw new UnsupportedOperationException("layerNormParametersBackward on " + cuda);
    }

    public void softmaxBackward(Tensor y, float scale, Tensor gradOut, Tensor gradX) {
        throw new UnsupportedOperationException("softmaxBackward on " + cuda);
    }

    public void l2NormalizeBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        throw new UnsupportedOperationException("l2NormalizeBackward on " + cuda);
    }
}
