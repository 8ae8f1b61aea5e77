package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.L2NormalizeBackwardKernel;
import dev.earshot.cuda.kernels.L2NormalizeKernel;
import dev.earshot.cuda.kernels.LayerNormBackwardKernel;
import dev.earshot.cuda.kernels.LayerNormKernel;
import dev.earshot.cuda.kernels.LayerNormParametersBackwardKernel;
import dev.earshot.cuda.kernels.SoftmaxBackwardKernel;
import dev.earshot.cuda.kernels.SoftmaxKernel;
import dev.earshot.tensor.Tensor;

/** Ops on rows: layer norm, softmax, unit length, and their backward ops. */
public final class RowOps {
    private final LayerNormKernel layerNorm;
    private final SoftmaxKernel softmax;
    private final L2NormalizeKernel l2Normalize;
    private final LayerNormBackwardKernel layerNormBackward;
    private final LayerNormParametersBackwardKernel layerNormParametersBackward;
    private final SoftmaxBackwardKernel softmaxBackward;
    private final L2NormalizeBackwardKernel l2NormalizeBackward;

    public RowOps(CudaContext cuda) {
        this.layerNorm = new LayerNormKernel(cuda);
        this.softmax = new SoftmaxKernel(cuda);
        this.l2Normalize = new L2NormalizeKernel(cuda);
        this.layerNormBackward = new LayerNormBackwardKernel(cuda);
        this.layerNormParametersBackward = new LayerNormParametersBackwardKernel(cuda);
        this.softmaxBackward = new SoftmaxBackwardKernel(cuda);
        this.l2NormalizeBackward = new L2NormalizeBackwardKernel(cuda);
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
