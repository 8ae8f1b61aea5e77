package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.LayerNormBackwardKernel;
import dev.earshot.cuda.kernels.LayerNormKernel;
import dev.earshot.cuda.kernels.LayerNormParametersBackwardKernel;
import dev.earshot.cuda.kernels.RowBackwardKernel;
import dev.earshot.cuda.kernels.RowKernel;
import dev.earshot.tensor.Tensor;

/** Ops on rows: layer norm, softmax, unit length, and their backward ops. */
public final class RowOps {
    private final LayerNormKernel layerNorm;
    private final RowKernel softmax;
    private final RowKernel l2Normalize;
    private final LayerNormBackwardKernel layerNormBackward;
    private final LayerNormParametersBackwardKernel layerNormParametersBackward;
    private final RowBackwardKernel softmaxBackward;
    private final RowBackwardKernel l2NormalizeBackward;

    public RowOps(CudaContext cuda) {
        this.layerNorm = new LayerNormKernel(cuda);
        this.softmax = new RowKernel(cuda, "softmax");
        this.l2Normalize = new RowKernel(cuda, "l2_normalize");
        this.layerNormBackward = new LayerNormBackwardKernel(cuda);
        this.layerNormParametersBackward = new LayerNormParametersBackwardKernel(cuda);
        this.softmaxBackward = new RowBackwardKernel(cuda, "softmax_backward");
        this.l2NormalizeBackward = new RowBackwardKernel(cuda, "l2_normalize_backward");
    }

    public void layerNorm(Tensor x, Tensor gamma, Tensor beta, float eps, Tensor out) {
        layerNorm.launch(x, gamma, beta, eps, out);
    }

    public void layerNorm(Tensor x, float eps, Tensor out) {
        layerNorm.launch(x, eps, out);
    }

    public void softmax(Tensor x, float scale, Tensor out) {
        softmax.launch(x, scale, out);
    }

    public void l2Normalize(Tensor x, float eps, Tensor out) {
        l2Normalize.launch(x, eps, out);
    }

    public void layerNormBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        layerNormBackward.launch(x, eps, gradOut, gradX);
    }

    public void layerNormBackward(Tensor x, Tensor gamma, float eps, Tensor gradOut, Tensor gradX) {
        layerNormBackward.launch(x, gamma, eps, gradOut, gradX);
    }

    public void layerNormParametersBackward(Tensor x, float eps, Tensor gradOut, Tensor gradGamma, Tensor gradBeta) {
        layerNormParametersBackward.launch(x, eps, gradOut, gradGamma, gradBeta);
    }

    public void softmaxBackward(Tensor y, float scale, Tensor gradOut, Tensor gradX) {
        softmaxBackward.launch(y, scale, gradOut, gradX);
    }

    public void l2NormalizeBackward(Tensor x, float eps, Tensor gradOut, Tensor gradX) {
        l2NormalizeBackward.launch(x, eps, gradOut, gradX);
    }
}
