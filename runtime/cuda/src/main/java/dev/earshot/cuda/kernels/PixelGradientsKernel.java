package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * Gathers the gradients of pixel matching. Source: pixel_gradients.cu. Reference: PixelSearch.backward,
 * FeatureGrid.scaledBackward.
 */
public final class PixelGradientsKernel {
    private static final int BLOCK = 256;
    private static final int PLACES = 16;
    private static final int CHANNELS = 256;

    private final CudaContext cuda;
    private final Kernel gradientsF32;
    private final Kernel gradientsBf16;
    private final Kernel alongF32;
    private final Kernel alongBf16;

    /** Names the kernels of {@code cuda}. */
    public PixelGradientsKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.gradientsF32 = cuda.kernel("pixel_gradients", "pixel_gradients_f32");
        this.gradientsBf16 = cuda.kernel("pixel_gradients", "pixel_gradients_bf16");
        this.alongF32 = cuda.kernel("pixel_gradients", "pixel_along_f32");
        this.alongBf16 = cuda.kernel("pixel_gradients", "pixel_along_bf16");
    }

    /**
     * What the forward op and {@link PixelCoefficientsKernel} left.
     *
     * @param coefficients address of the coefficients
     */
    public record Inputs(Tensor f, Tensor g, PixelGrid grid, Tensor winners, Tensor saved, long coefficients) {
        private long blocks() {
            return (long) grid.anchors() * Math.ceilDiv(grid.pixels(), PLACES);
        }
    }

    /** Bytes that {@link #launchAlong} fills, F32 [anchors + samples, pixels]. */
    public static long alongBytes(PixelGrid grid) {
        return 4L * (grid.anchors() + grid.samples()) * grid.pixels();
    }

    /** For {@link PixelGrid#needsAlong}: how much of every pixel's gradient would only grow the pixel. */
    public void launchAlong(Inputs in, long along) {
        PixelFeatures f = PixelFeatures.of(cuda, in.f());
        PixelFeatures g = PixelFeatures.of(cuda, in.g());
        cuda.queue()
                .launch(in.grid().dtype() == DType.F32 ? alongF32 : alongBf16)
                .rows(f.rows())
                .rows(g.rows())
                .struct(in.grid().words())
                .tensor(in.winners())
                .tensor(in.saved())
                .address(in.coefficients())
                .integer(PixelFeatures.vectors(f, g))
                .address(along)
                .run(in.blocks(), BLOCK);
    }

    /** Adds to both gradients, which may be one tensor; {@code along} is 0 where it is not needed. */
    public void launch(Inputs in, long along, Tensor gradF, Tensor gradG) {
        PixelFeatures f = PixelFeatures.of(cuda, in.f());
        PixelFeatures g = PixelFeatures.of(cuda, in.g());
        PixelFeatures toF = PixelFeatures.of(cuda, gradF);
        PixelFeatures toG = PixelFeatures.of(cuda, gradG);
        cuda.queue()
                .launch(in.grid().dtype() == DType.F32 ? gradientsF32 : gradientsBf16)
                .rows(f.rows())
                .rows(g.rows())
                .struct(in.grid().words())
                .tensor(in.winners())
                .tensor(in.saved())
                .address(in.coefficients())
                .address(along)
                .integer(PixelFeatures.vectors(f, g, toF, toG))
                .rows(toF.rows())
                .rows(toG.rows())
                .run(in.blocks(), Math.ceilDiv(in.grid().channels(), CHANNELS), 1, BLOCK, 0);
    }
}
