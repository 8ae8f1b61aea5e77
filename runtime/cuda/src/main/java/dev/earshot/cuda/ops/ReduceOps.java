package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.ReduceOp;
import dev.earshot.tensor.Tensor;

/** Reductions along one axis. */
public final class ReduceOps {
    private final CudaContext cuda;

    public ReduceOps(CudaContext cuda) {
        this.cuda = cuda;
    }

    public void reduce(ReduceOp op, Tensor x, int axis, Tensor out) {
        throw new UnsupportedOperationException("reduce on " + cuda);
    }

    public void argmax(Tensor x, Tensor out) {
        throw new UnsupportedOperationException("argmax on " + cuda);
    }

    public void reduceBackward(ReduceOp op, Tensor x, int axis, Tensor gradOut, Tensor gradX) {
        throw new UnsupportedOperationException("reduceBackward on " + cuda);
    }
}
