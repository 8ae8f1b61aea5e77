package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.AccumulateKernel;
import dev.earshot.cuda.kernels.AdamKernel;
import dev.earshot.cuda.kernels.BinaryKernel;
import dev.earshot.cuda.kernels.CopyKernel;
import dev.earshot.cuda.kernels.FillKernel;
import dev.earshot.cuda.kernels.NormalizeImageKernel;
import dev.earshot.cuda.kernels.ReduceKernel;
import dev.earshot.cuda.kernels.UnaryBackwardKernel;
import dev.earshot.cuda.kernels.UnaryKernel;
import dev.earshot.tensor.BinaryOp;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;
import dev.earshot.tensor.UnaryOp;
import dev.earshot.tensor.internal.TrainingChecks;

/** Elementwise ops, copies, sums into gradients and the optimiser's step; any strides. */
public final class ElementwiseOps {
    private final UnaryKernel unary;
    private final BinaryKernel binary;
    private final CopyKernel copy;
    private final FillKernel fill;
    private final AccumulateKernel accumulate;
    private final ReduceKernel sums;
    private final UnaryBackwardKernel unaryBackward;
    private final AdamKernel adam;
    private final NormalizeImageKernel normalizeImage;

    public ElementwiseOps(CudaContext cuda) {
        this.unary = new UnaryKernel(cuda);
        this.binary = new BinaryKernel(cuda);
        this.copy = new CopyKernel(cuda);
        this.fill = new FillKernel(cuda);
        this.accumulate = new AccumulateKernel(cuda);
        this.sums = new ReduceKernel(cuda);
        this.unaryBackward = new UnaryBackwardKernel(cuda);
        this.adam = new AdamKernel(cuda);
        this.normalizeImage = new NormalizeImageKernel(cuda);
    }

    public void unary(UnaryOp op, Tensor x, Tensor out) {
        unary.launch(op, x, out);
    }

    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        binary.launch(op, a, b, out);
    }

    public void affine(Tensor x, float alpha, float beta, Tensor out) {
        unary.launchAffine(x, alpha, beta, out);
    }

    public void copy(Tensor x, Tensor out) {
        copy.launch(x, out);
    }

    public void fill(Tensor out, float value) {
        fill.launch(out, value);
    }

    public void accumulate(Tensor x, float alpha, Tensor out) {
        Shape loops = TrainingChecks.union(x.shape(), out.shape());
        if (loops.elements() == out.shape().elements()) {
            accumulate.launch(loops, x, alpha, out);
        } else {
            sums.launchAccumulate(loops, x, alpha, out);
        }
    }

    public void accumulateProduct(Tensor a, Tensor b, Tensor out) {
        Shape loops = TrainingChecks.union(TrainingChecks.union(a.shape(), b.shape()), out.shape());
        if (loops.elements() == out.shape().elements()) {
            accumulate.launchProduct(loops, a, b, out);
        } else {
            sums.launchAccumulateProduct(loops, a, b, out);
        }
    }

    public void normalizeImage(Tensor x, float[] mean, float[] std, Tensor out) {
        normalizeImage.launch(x, mean, std, out);
    }

    public void unaryBackward(UnaryOp op, Tensor x, Tensor gradOut, Tensor gradX) {
        unaryBackward.launch(op, x, gradOut, gradX);
    }

    public void adam(Tensor parameter, Tensor gradient, Tensor firstMoment, Tensor secondMoment, Tensor scalars) {
        adam.launch(parameter, gradient, firstMoment, secondMoment, scalars);
    }
}
