package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.Tensor;
import java.util.Optional;

/**
 * Numbers per pixel from which {@link PixelGradientsKernel} makes the gradients. Source: pixel_coefficients.cu. Reference:
 * PixelSearch.backward, LiteralMatching.backward.
 */
public final class PixelCoefficientsKernel {
    private static final int BLOCK = 256;

    private final CudaContext cuda;
    private final Kernel search;
    private final Kernel literal;

    /** Names the kernels of {@code cuda}. */
    public PixelCoefficientsKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.search = cuda.kernel("pixel_coefficients", "pixel_coefficients");
        this.literal = cuda.kernel("pixel_coefficients", "pixel_coefficients_literal");
    }

    /** Bytes of the result, F32 [samples, 3 pixels + 2]. */
    public static long bytes(PixelGrid grid) {
        return 4L * grid.samples() * (3L * grid.pixels() + 2);
    }

    /** Fills {@code coefficients}; {@code weights} absent for the mean and in the literal modes. */
    public void launch(
            PixelGrid grid,
            Tensor winners,
            Tensor saved,
            Optional<Tensor> weights,
            Tensor gradCost,
            long coefficients) {
        if (grid.settings().searches()) {
            cuda.queue()
                    .launch(search)
                    .struct(grid.words())
                    .tensor(winners)
                    .tensor(saved)
                    .address(weights.map(cuda::address).orElse(0L))
                    .tensor(gradCost)
                    .address(coefficients)
                    .run(grid.samples(), BLOCK);
        } else {
            cuda.queue()
                    .launch(literal)
                    .struct(grid.words())
                    .tensor(saved)
                    .tensor(gradCost)
                    .address(coefficients)
                    .run(grid.samples(), BLOCK);
        }
    }
}
