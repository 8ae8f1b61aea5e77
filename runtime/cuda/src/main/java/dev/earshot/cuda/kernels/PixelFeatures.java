package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.Tensor;

/** Grids of pixels as rows of channels, and whether four channels at a time may be loaded. */
record PixelFeatures(RowView rows, boolean vectors) {
    private static final int VECTOR = 4;

    /** @param x F32 or BF16 [B, H, W, C] with innermost stride 1 */
    static PixelFeatures of(CudaContext cuda, Tensor x) {
        RowView rows = RowView.of(cuda, x);
        int bytes = x.dtype().bytes();
        return new PixelFeatures(rows, x.dim(-1) % VECTOR == 0 && rows.isAligned(bytes, VECTOR * bytes));
    }

    /** The kernels' argument {@code vectors}. */
    static int vectors(PixelFeatures... all) {
        for (PixelFeatures each : all) {
            if (!each.vectors) {
                return 0;
            }
        }
        return 1;
    }
}
