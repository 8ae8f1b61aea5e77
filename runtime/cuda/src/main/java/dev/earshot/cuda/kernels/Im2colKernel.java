package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Queue;
import dev.earshot.tensor.ConvolutionOptions;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Shape;
import dev.earshot.tensor.Tensor;

/** The windows of an image as columns of a matrix. Source: im2col.cu. Reference: the convolution of the scalar backend. */
public final class Im2colKernel {
    private static final int BLOCK = 256;
    private static final int MOST_ROWS_AT_ONCE = 65535;

    private final Kernel f32;
    private final Kernel bf16;

    public Im2colKernel(CudaContext cuda) {
        f32 = cuda.kernel("im2col", "im2col_f32");
        bf16 = cuda.kernel("im2col", "im2col_bf16");
    }

    /**
     * Writes the windows of x [B, C, H, W], contiguous.
     *
     * @param weight shape of the convolution's weight [O, C / groups, KH, KW]
     * @param out x's type, [B, C KH KW, OH OW], contiguous
     * @param rows OH
     * @param columns OW
     */
    public void launch(Queue queue, Tensor x, Shape weight, ConvolutionOptions o, Tensor out, long rows, long columns) {
        long[] window = {
            x.dim(1),
            x.dim(2),
            x.dim(3),
            rows,
            columns,
            weight.dim(2),
            weight.dim(3),
            o.strideY(),
            o.strideX(),
            o.padY(),
            o.padX(),
            o.dilationY(),
            o.dilationX()
        };
        long rowCount = out.dim(0) * out.dim(1);
        queue.launch(x.dtype() == DType.F32 ? f32 : bf16)
                .tensor(x)
                .tensor(out)
                .struct(window)
                .longInteger(rowCount)
                .run(Math.ceilDiv(rows * columns, BLOCK), (int) Math.min(rowCount, MOST_ROWS_AT_ONCE), 1, BLOCK, 0);
    }
}
