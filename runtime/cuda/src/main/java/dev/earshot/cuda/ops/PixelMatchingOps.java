package dev.earshot.cuda.ops;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.kernels.PixelCoefficientsKernel;
import dev.earshot.cuda.kernels.PixelGradientsKernel;
import dev.earshot.cuda.kernels.PixelGrid;
import dev.earshot.cuda.kernels.PixelLiteralKernel;
import dev.earshot.cuda.kernels.PixelProductsKernel;
import dev.earshot.cuda.kernels.PixelSearchKernel;
import dev.earshot.cuda.kernels.PixelSlab;
import dev.earshot.tensor.PixelMatching;
import dev.earshot.tensor.Tensor;
import java.util.Optional;

/**
 * Pixel matching, forward and backward. A search is two launches: the products of the pixels, the only one that touches the
 * features, and the winners and costs from these. (A product of every two pixels would do for cuBLASLt too; the kernel's own
 * tiles leave out what is beyond reach, sum squares on the way, take strided views and tie exactly.) The backward op is two
 * launches as well: numbers per pixel, then a gather; three if every pixel is scaled by itself and there is a window.
 */
public final class PixelMatchingOps {
    private final CudaContext cuda;
    private final PixelProductsKernel products;
    private final PixelSearchKernel search;
    private final PixelLiteralKernel literal;
    private final PixelCoefficientsKernel coefficients;
    private final PixelGradientsKernel gradients;

    /** Names the kernels of {@code cuda}. */
    public PixelMatchingOps(CudaContext cuda) {
        this.cuda = cuda;
        this.products = new PixelProductsKernel(cuda);
        this.search = new PixelSearchKernel(cuda);
        this.literal = new PixelLiteralKernel(cuda);
        this.coefficients = new PixelCoefficientsKernel(cuda);
        this.gradients = new PixelGradientsKernel(cuda);
    }

    /** See {@link dev.earshot.tensor.Backend#pixelMatching(Tensor, Tensor, PixelMatching, Tensor, Tensor, Tensor)}. */
    public void pixelMatching(Tensor f, Tensor g, PixelMatching settings, Tensor cost, Tensor winners, Tensor saved) {
        PixelGrid grid = PixelGrid.of(f, g, settings);
        if (settings.searches()) {
            search(f, g, grid, Optional.empty(), cost, winners, saved);
        } else {
            literal.launch(f, g, grid, cost, winners, saved);
        }
    }

    /** As the other form with a weighted sum in place of the mean; a mode that searches. */
    public void pixelMatching(
            Tensor f, Tensor g, PixelMatching settings, Tensor weights, Tensor cost, Tensor winners, Tensor saved) {
        search(f, g, PixelGrid.of(f, g, settings), Optional.of(weights), cost, winners, saved);
    }

    private void search(
            Tensor f, Tensor g, PixelGrid grid, Optional<Tensor> weights, Tensor cost, Tensor winners, Tensor saved) {
        PixelSlab slab = PixelSlab.first(cuda.queue(), grid);
        while (slab.exists()) {
            products.launch(f, g, grid, slab, saved);
            search.launch(grid, slab, weights, cost, winners, saved);
            slab = slab.next(grid);
        }
    }

    /** Adds to both gradients; see {@link dev.earshot.tensor.TrainingOps#pixelMatchingBackward}. */
    public void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        backward(f, g, settings, Optional.empty(), winners, saved, gradCost, gradF, gradG);
    }

    /** As the other form, for costs that were weighted sums. */
    public void pixelMatchingBackward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Tensor weights,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        backward(f, g, settings, Optional.of(weights), winners, saved, gradCost, gradF, gradG);
    }

    private void backward(
            Tensor f,
            Tensor g,
            PixelMatching settings,
            Optional<Tensor> weights,
            Tensor winners,
            Tensor saved,
            Tensor gradCost,
            Tensor gradF,
            Tensor gradG) {
        PixelGrid grid = PixelGrid.of(f, g, settings);
        long numbers = cuda.queue().scratch(PixelCoefficientsKernel.bytes(grid));
        coefficients.launch(grid, winners, saved, weights, gradCost, numbers);
        PixelGradientsKernel.Inputs in = new PixelGradientsKernel.Inputs(f, g, grid, winners, saved, numbers);
        long along = 0;
        if (grid.needsAlong()) {
            along = cuda.queue().scratch(PixelGradientsKernel.alongBytes(grid));
            gradients.launchAlong(in, along);
        }
        gradients.launch(in, along, gradF, gradG);
    }
}
