package dev.earshot.cuda.ops;

import dev.earshot.cuda.blas.CudaLinear;
import dev.earshot.cuda.blas.MatrixProducts;
import dev.earshot.cuda.blas.Product;
import dev.earshot.cuda.blas.Product.Operand;
import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.DeviceTensors;
import dev.earshot.cuda.kernels.BiasActivationKernel;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;
import java.util.Arrays;

/**
 * Matrix products through cuBLASLt. Bias, RELU and a plain residual are done by the product itself; exact GELU and quick
 * GELU (which the library does not have), the residual behind an activation and the store of an F32 product as BF16 by one
 * kernel behind it. Where the library has no algorithm for a product with its epilogue, the kernel does all of that.
 */
public final class ProductOps implements AutoCloseable {
    private final CudaContext cuda;
    private final MatrixProducts products;
    private final ElementwiseOps elementwise;
    private final BiasActivationKernel biasActivation;

    public ProductOps(CudaContext cuda, ElementwiseOps elementwise) {
        this.cuda = cuda;
        this.products = new MatrixProducts(cuda);
        this.elementwise = elementwise;
        this.biasActivation = new BiasActivationKernel(cuda);
    }

    /** out = activation(x W^T + b). */
    public void linear(Tensor x, CudaLinear layer, Activation activation, Tensor out) {
        boolean direct = out.dtype() == DType.F32 || layer.computeType() == DType.BF16;
        if (layer.inputWidth() == 0) {
            biasActivation.launch(layer.bias(DType.F32), activation, out);
        } else if (direct && fused(x, layer, activation == Activation.RELU, out, out, 0)) {
            if (needsKernel(activation)) {
                biasActivation.launch(out, 0, activation, out);
            }
        } else {
            biasActivation.launch(product(x, layer, out), layer.bias(DType.F32), activation, out);
        }
    }

    private static boolean needsKernel(Activation activation) {
        return switch (activation) {
            case NONE, RELU -> false;
            case GELU, QUICK_GELU -> true;
        };
    }

    /** out = residual + activation(x W^T + b); residual may be out. */
    public void linear(Tensor x, CudaLinear layer, Activation activation, Tensor residual, Tensor out) {
        long bias = layer.bias(DType.F32);
        if (layer.inputWidth() == 0) {
            biasActivation.launchWithResidual(bias, activation, residual, out);
        } else if (activation != Activation.NONE || !fused(x, layer, false, residual, out, 1)) {
            biasActivation.launchWithResidual(product(x, layer, out), bias, activation, residual, out);
        }
    }

    /** out = relu(x W^T + beta * added + b) by one call; false if the library cannot. */
    private boolean fused(Tensor x, CudaLinear layer, boolean relu, Tensor added, Tensor out, float beta) {
        return products.tryMultiply(linear(x, layer, layer.bias(out.dtype()), relu, added, out, beta));
    }

    /** x W^T as F32 scratch of out's shape. */
    private Tensor product(Tensor x, CudaLinear layer, Tensor out) {
        Tensor product = DeviceTensors.scratch(cuda, DType.F32, out.shape());
        products.multiply(linear(x, layer, 0, false, product, product, 0));
        return product;
    }

    private Product linear(Tensor x, CudaLinear layer, long bias, boolean relu, Tensor added, Tensor out, float beta) {
        int leading = x.shape().rank() - 1;
        return new Product(
                1,
                layer.outputWidth(),
                layer.inputWidth(),
                Arrays.copyOf(x.shape().toArray(), leading),
                layer.computeType(),
                out.dtype(),
                Operand.rows(cuda, x),
                Operand.repeated(layer.weight(), 1, layer.inputWidth(), leading),
                Operand.rows(cuda, added),
                Operand.rows(cuda, out),
                1,
                beta,
                bias,
                relu);
    }

    /** gradX += gradOut W. */
    public void linearBackward(Tensor gradOut, CudaLinear layer, Tensor gradX) {
        if (layer.outputWidth() == 0) {
            return;
        }
        int leading = gradOut.shape().rank() - 1;
        Operand grad = Operand.rows(cuda, gradX);
        products.multiply(new Product(
                1,
                layer.inputWidth(),
                layer.outputWidth(),
                Arrays.copyOf(gradOut.shape().toArray(), leading),
                layer.computeType(),
                DType.F32,
                Operand.rows(cuda, inType(gradOut, layer.computeType())),
                Operand.repeated(layer.weight(), layer.inputWidth(), 1, leading),
                grad,
                grad,
                1,
                1,
                0,
                false));
    }

    /** out = alpha * a b. */
    public void matmul(Tensor a, Tensor b, float alpha, Tensor out) {
        boolean direct = out.dtype() == DType.F32 || a.dtype() == DType.BF16;
        if (!direct) {
            throw new IllegalArgumentException("matmul out: expected F32 for F32 operands, got " + out);
        }
        if (a.dim(-1) == 0) {
            elementwise.fill(out, 0);
        } else {
            multiply(taken(a, a.dtype()), taken(b, b.dtype()), alpha, out, 0);
        }
    }

    /** out += alpha * a b, summed along leading axes where out has size 1. */
    public void accumulateMatmul(Tensor a, Tensor b, float alpha, Tensor out) {
        if (a.dim(-1) == 0 || a.shape().elements() == 0) {
            return;
        }
        DType operands = a.dtype() == b.dtype() ? a.dtype() : DType.F32;
        Tensor left = taken(a, operands);
        Tensor right = taken(b, operands);
        if (Product.isTakenAsIs(out)) {
            multiply(left, right, alpha, out, 1);
        } else {
            Tensor dense = DeviceTensors.scratch(cuda, DType.F32, out.shape());
            elementwise.copy(out, dense);
            multiply(left, right, alpha, dense, 1);
            elementwise.copy(dense, out);
        }
    }

    private void multiply(Tensor a, Tensor b, float alpha, Tensor out, float beta) {
        Operand result = Operand.matrices(cuda, out);
        products.multiply(new Product(
                a.dim(-2),
                b.dim(-1),
                a.dim(-1),
                Arrays.copyOf(a.shape().toArray(), a.shape().rank() - 2),
                a.dtype(),
                out.dtype(),
                Operand.matrices(cuda, a),
                Operand.matrices(cuda, b),
                result,
                result,
                alpha,
                beta,
                0,
                false));
    }

    /** x, or its values as dense scratch matrices of {@code dtype} if the library could not take them where they lie. */
    private Tensor taken(Tensor x, DType dtype) {
        return x.dtype() == dtype && Product.isTakenAsIs(x) ? x : copied(x, dtype);
    }

    private Tensor inType(Tensor x, DType dtype) {
        return x.dtype() == dtype ? x : copied(x, dtype);
    }

    private Tensor copied(Tensor x, DType dtype) {
        Tensor copy = DeviceTensors.scratch(cuda, dtype, x.shape());
        elementwise.copy(x, copy);
        return copy;
    }

    @Override
    public void close() {
        products.close();
    }
}
