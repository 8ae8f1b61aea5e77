package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;

/** Elementwise ops, copies, sums into gradients and the optimiser's step. */
public final class ElementwiseOps {
    private final CudaContext cuda;

    public ElementwiseOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void unary(UnaryOp op, Tensor x, Tensor out) {
        throw new UnsupportedOperationException("unary on " + cuda);
    }

    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        throw new UnsupportedOperationException("binary on " + cuda);
    }

    public void affine(Tensor x, float alpha, float beta, Tensor out) {
        throw new UnsupportedOperationException("affine on " + cuda);
    }

    public void copy(Tensor x, Tensor out) {
        throw new UnsupportedOperationException("copy on " + cuda);
    }

    public void fill(Tensor out, float value) {
        throw new UnsupportedOperationException("fill on " + cuda);
    }

    public void accumulate(Tensor x, float alpha, Tensor out) {
        throw new UnsupportedOperationException("accumulate on " + cuda);
    }

    public void accumulateProduct(Tensor a, Tensor b, Tensor out) {
        throw new UnsupportedOperationException("accumulateProduct on " + cuda);
    }

    public void unaryBackward(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX) {
        throw new UnsupportedOperationException("unaryBackward on " + cuda);
    }

    public void adam(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        throw new UnsupportedOperationException("adam on " + cuda);
    }
}
