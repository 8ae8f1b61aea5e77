package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.DeviceTensors;
import dev.earshot.cuda.dnn.ConvolutionPlans;
import dev.earshot.cuda.dnn.CudaConvolution;
import dev.earshot.cuda.dnn.Cudnn;
import dev.earshot.cuda.kernels.Im2colKernel;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/**
 * Convolutions through cuDNN or, for sizes and types for which it has no engine that we accept, as a product over the
 * image's windows. Either way the sums are F32; the bias is added and the type changed by one elementwise pass.
 */
public final class ConvolutionOps implements AutoCloseable {
    private final CudaContext cuda;
    private final ConvolutionPlans plans;
    private final Im2colKernel im2col;
    private final ElementwiseOps elementwise;
    private final ProductOps products;

    public ConvolutionOps(CudaContext cuda, Cudnn library, ElementwiseOps elementwise, ProductOps products) {
        this.cuda = cuda;
        this.plans = new ConvolutionPlans(cuda, library);
        this.im2col = new Im2colKernel(cuda);
        this.elementwise = elementwise;
        this.products = products;
    }

    /** See {@link dev.earshot.tensor.Backend#conv2d}; x and out are contiguous. */
    public void conv2d(Tensor x, CudaConvolution layer, Tensor out) {
        Tensor sums = out.dtype() == DType.F32 ? out : DeviceTensors.scratch(cuda, DType.F32, out.shape());
        if (!plans.run(cuda, x.shape(), cuda.address(x), layer, cuda.address(sums))) {
            product(x, layer, sums);
        }
        if (layer.bias() != 0) {
            Tensor bias = DeviceTensors.over(cuda, layer.bias(), DType.F32, Shape.of(1, out.dim(1), 1, 1));
            elementwise.binary(BinaryOp.ADD, sums, bias, out);
        } else if (sums != out) {
            elementwise.copy(sums, out);
        }
    }

    /** sums[b, g] = weight[g] * windows[b, g], image by image. */
    private void product(Tensor x, CudaConvolution layer, Tensor sums) {
        Shape weight = layer.weightShape();
        long groups = layer.options().groups();
        long terms = weight.dim(1) * weight.dim(2) * weight.dim(3);
        long positions = sums.dim(2) * sums.dim(3);
        Tensor windows = DeviceTensors.scratch(cuda, x.dtype(), Shape.of(x.dim(0), groups * terms, positions));
        im2col.launch(cuda.queue(), x, weight, layer.options(), windows, sums.dim(2), sums.dim(3));
        long outputs = weight.dim(0) / groups;
        Tensor a = DeviceTensors.over(cuda, layer.weight(), x.dtype(), Shape.of(groups, outputs, terms));
        for (long image = 0; image < x.dim(0); image++) {
            Tensor b = windows.select(0, image).reshape(groups, terms, positions);
            products.matmul(a, b, 1, sums.select(0, image).reshape(groups, outputs, positions));
        }
    }

    @Override
    public void close() {
        plans.close();
    }
}
