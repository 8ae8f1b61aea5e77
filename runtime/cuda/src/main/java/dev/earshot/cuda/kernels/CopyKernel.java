package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Copies with broadcasting, strides and conversion between all element types: a copy of the driver for dense tensors of one
 * type, tiles through shared memory where the innermost axes differ, else one element or pack after the other. Source:
 * copy.cu. Reference: ElementwiseOps.
 */
public final class CopyKernel {
    /** As in copy.cu. */
    private static final int TILE = 32;

    private static final int BLOCK = 256;

    /** Shorter axes than this waste most of a tile. */
    private static final int LEAST_TILED = 8;

    private static final int WORD = 4;

    private final CudaContext cuda;
    private final LoopKernel kernel;
    private final Kernel transposed;
    private final Loops loops = new Loops(2);

    public CopyKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.kernel = LoopKernel.of(cuda, "copy", "copy");
        this.transposed = cuda.kernel("copy", "copy_transposed");
    }

    /** What happens to an element; in the order of copy.cu. */
    private enum Kind {
        MOVE1,
        MOVE2,
        MOVE4,
        MOVE8,
        REAL,
        CONVERT;

        static Kind of(DType from, DType to) {
            if (from == to) {
                return values()[Integer.numberOfTrailingZeros(from.bytes())];
            }
            return isReal(from) && isReal(to) ? REAL : CONVERT;
        }

        private static boolean isReal(DType type) {
            return type == DType.F32 || type == DType.BF16;
        }
    }

    /** Copies {@code from}, broadcast to the shape of {@code to}, converting. */
    public void launch(Tensor from, Tensor to) {
        launch(cuda.address(from), from, cuda.address(to), to);
    }

    /**
     * As the other form between device addresses: the tensors give types, shapes and strides only and may be views of
     * anything.
     *
     * @param source address of the first element of {@code from}
     * @param target address of the first element of {@code to}
     */
    public void launch(long source, Tensor from, long target, Tensor to) {
        if (from.dtype() == to.dtype() && isDense(from, to)) {
            cuda.queue().copy(target, source, to.shape().elements() * to.dtype().bytes());
            return;
        }
        Kind kind = Kind.of(from.dtype(), to.dtype());
        loops.over(to.shape()).operand(source, from).operand(target, to).arrange();
        int rows = loops.transposedAxis(LEAST_TILED);
        if (rows > 0
                && kind != Kind.MOVE8
                && kind != Kind.CONVERT
                && from.dtype().bytes() <= WORD) {
            launchTransposed(kind, rows);
            return;
        }
        loops.plan(kind != Kind.CONVERT);
        for (long piece = 0; piece < loops.pieces(); piece++) {
            kernel.run(kernel.begin(loops, piece).integer(kind.ordinal()), loops);
        }
    }

    private static boolean isDense(Tensor from, Tensor to) {
        return from.shape().elements() == to.shape().elements() && from.isContiguous() && to.isContiguous();
    }

    private void launchTransposed(Kind kind, int rowsAxis) {
        Axes axes = loops.axes();
        axes.exchange(1, rowsAxis);
        long columns = axes.size[0];
        long rows = axes.size[1];
        long fromStride = axes.stride[0][0];
        long toStride = axes.stride[1][1];
        axes.tile(0, TILE);
        axes.tile(1, TILE);
        loops.plan(false);
        for (long piece = 0; piece < loops.pieces(); piece++) {
            var launch = cuda.queue().launch(transposed).struct(loops.words(piece));
            launch.integer(kind.ordinal()).integer(columns).integer(rows);
            launch.longInteger(fromStride).longInteger(toStride).run(loops.units(), BLOCK);
        }
    }
}
