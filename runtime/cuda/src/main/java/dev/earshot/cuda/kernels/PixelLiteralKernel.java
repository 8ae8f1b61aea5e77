package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/** Sums of whole images and their cost, two launches. Source: pixel_literal.cu. Reference: LiteralMatching. */
public final class PixelLiteralKernel {
    private static final int BLOCK = 256;
    private static final int PIXELS_PER_BLOCK = BLOCK / 32;

    private final CudaContext cuda;
    private final Kernel sumsF32;
    private final Kernel sumsBf16;
    private final Kernel cost;

    /** Names the kernels of {@code cuda}. */
    public PixelLiteralKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.sumsF32 = cuda.kernel("pixel_literal", "pixel_literal_sums_f32");
        this.sumsBf16 = cuda.kernel("pixel_literal", "pixel_literal_sums_bf16");
        this.cost = cuda.kernel("pixel_literal", "pixel_literal_cost");
    }

    /** Writes costs, winners (0) and what the backward op needs. */
    public void launch(Tensor f, Tensor g, PixelGrid grid, Tensor costs, Tensor winners, Tensor saved) {
        PixelFeatures first = PixelFeatures.of(cuda, f);
        PixelFeatures second = PixelFeatures.of(cuda, g);
        cuda.queue()
                .launch(grid.dtype() == DType.F32 ? sumsF32 : sumsBf16)
                .rows(first.rows())
                .rows(second.rows())
                .struct(grid.words())
                .integer(PixelFeatures.vectors(first, second))
                .tensor(saved)
                .run((long) grid.anchors() * Math.ceilDiv(grid.pixels(), PIXELS_PER_BLOCK), BLOCK);
        cuda.queue()
                .launch(cost)
                .struct(grid.words())
                .tensor(costs)
                .tensor(winners)
                .tensor(saved)
                .run(grid.samples(), BLOCK);
    }
}
