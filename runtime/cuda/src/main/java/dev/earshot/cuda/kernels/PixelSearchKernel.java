package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.Tensor;
import java.util.Optional;

/** Costs, winners and the costs' sums from the products of {@link PixelProductsKernel}. Source: pixel_search.cu. Reference: PixelSearch. */
public final class PixelSearchKernel {
    private static final int BLOCK = 64;

    private final CudaContext cuda;
    private final Kernel single;
    private final Kernel window;

    /** Names the kernels of {@code cuda}. */
    public PixelSearchKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.single = cuda.kernel("pixel_search", "pixel_search_single");
        this.window = cuda.kernel("pixel_search", "pixel_search_window");
    }

    /** Blocks per sample. */
    static int blocks(PixelGrid grid) {
        return Math.ceilDiv(grid.pixels(), BLOCK);
    }

    /** Launches for the anchors of {@code slab}; {@code weights} absent for the mean. */
    public void launch(
            PixelGrid grid, PixelSlab slab, Optional<Tensor> weights, Tensor cost, Tensor winners, Tensor saved) {
        cuda.queue()
                .launch(grid.settings().window() == 1 ? single : window)
                .struct(grid.words())
                .integer(slab.firstAnchor())
                .integer(slab.anchors())
                .address(slab.products())
                .address(weights.map(cuda::address).orElse(0L))
                .address(slab.partial())
                .address(slab.counters())
                .tensor(cost)
                .tensor(winners)
                .tensor(saved)
                .run((long) slab.anchors() * grid.groups() * blocks(grid), BLOCK);
    }
}
