package dev.earshot.cuda.ops;

import dev.earshot.cuda.blas.CudaLinear;
import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.Tensor;

/** Matrix products through cuBLASLt. */
public final class ProductOps implements AutoCloseable {
    private final CudaContext cuda;

    public ProductOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void linear(Tensor x, CudaLinear layer, Activation activation, Tensor out) {
        throw new UnsupportedOperationException("linear on " + cuda);
    }

    public void linear(Tensor x, CudaLinear layer, Activation activation, Tensor residual, Tensor out) {
        throw new UnsupportedOperationException("linear on " + cuda);
    }

    public void matmul(Tensor a, Tensor b, float alpha, Tensor out) {
        throw new UnsupportedOperationException("matmul on " + cuda);
    }

    public void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out) {
        throw new UnsupportedOperationException("accumulateMatmul on " + cuda);
    }

    public void linearBackward(Tensor gradOut, CudaLinear layer, Tensor gradX) {
        throw new UnsupportedOperationException("linearBackward on " + cuda);
    }

    @Override
    public void close() {}
}
