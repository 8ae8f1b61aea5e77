package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.ArgmaxKernel;
import dev.earshot.cuda.kernels.ReduceBackwardKernel;
import dev.earshot.cuda.kernels.ReduceKernel;
import dev.earshot.cuda.kernels.TopKKernel;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;

/** Reductions along one axis, and the largest of each row. */
public final class ReduceOps {
    private final ReduceKernel reduce;
    private final ArgmaxKernel argmax;
    private final ReduceBackwardKernel reduceBackward;
    private final TopKKernel topK;

    public ReduceOps(CudaContext cuda) {
        this.reduce = new ReduceKernel(cuda);
        this.argmax = new ArgmaxKernel(cuda);
        this.reduceBackward = new ReduceBackwardKernel(cuda);
        this.topK = new TopKKernel(cuda);
    }

    public void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        reduce.launch(op, x, x.shape().axis(axis), out);
    }

    public void argmax(Tensor x, Tensor out) {
        argmax.launch(x, out);
    }

    public void mergeTopK(
            Tensor x, Tensor rowGroups, Tensor columnGroups, int firstColumn, Tensor values, Tensor indices) {
        topK.launch(x, rowGroups, columnGroups, firstColumn, values, indices);
    }

    public void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        reduceBackward.launch(op, x, x.shape().axis(axis), gradOut, gradX);
    }
}
