package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/**
 * out += alpha x and out += a b where nothing is summed: out has the sizes of the loops. Source: accumulate.cu. Reference:
 * AccumulateOps.
 */
public final class AccumulateKernel {
    private final CudaContext cuda;
    private final LoopKernel scaled;
    private final LoopKernel product;
    private final Loops scaledLoops = new Loops(2);
    private final Loops productLoops = new Loops(3);

    public AccumulateKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.scaled = LoopKernel.of(cuda, "accumulate", "accumulate");
        this.product = LoopKernel.of(cuda, "accumulate", "accumulate_product");
    }

    /** out += alpha x; x is F32 or BF16 and broadcasts to {@code sizes}, out is F32 of these sizes but for axes of size 1. */
    public void launch(Shape sizes, Tensor x, float alpha, Tensor out) {
        Loops loops = scaledLoops.over(sizes).operand(cuda, x).operand(cuda, out);
        loops.plan();
        for (long piece = 0; piece < loops.pieces(); piece++) {
            scaled.run(scaled.begin(loops, piece).real(alpha), loops);
        }
    }

    /** out += a b; as the other form. */
    public void launchProduct(Shape sizes, Tensor a, Tensor b, Tensor out) {
        Loops loops = productLoops.over(sizes).operand(cuda, a).operand(cuda, b).operand(cuda, out);
        loops.plan();
        for (long piece = 0; piece < loops.pieces(); piece++) {
            product.run(product.begin(loops, piece), loops);
        }
    }
}
