package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.PixelMatching.Mode;
import dev.earshot.tensor.Tensor;

/**
 * Raw products of pixels within reach and squared lengths: the launch of pixel matching that reads the features. Source:
 * pixel_products.cu. Reference: FeatureGrid.dot.
 */
public final class PixelProductsKernel {
    private static final int BLOCK = 256;
    private static final int ROW_TILE = 16;
    private static final int ROW_COLUMNS = 32;
    private static final int IMAGE_TILE = 64;
    private static final int IMAGE_COLUMNS = 64;

    private final CudaContext cuda;
    private final Kernel rowsF32;
    private final Kernel rowsBf16;
    private final Kernel imageF32;
    private final Kernel imageBf16;

    /** Names the kernels of {@code cuda}. */
    public PixelProductsKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.rowsF32 = cuda.kernel("pixel_products", "pixel_products_rows_f32");
        this.rowsBf16 = cuda.kernel("pixel_products", "pixel_products_rows_bf16");
        this.imageF32 = cuda.kernel("pixel_products", "pixel_products_image_f32");
        this.imageBf16 = cuda.kernel("pixel_products", "pixel_products_image_bf16");
    }

    private Kernel kernel(boolean byRow, DType dtype) {
        boolean f32 = dtype == DType.F32;
        return byRow ? (f32 ? rowsF32 : rowsBf16) : (f32 ? imageF32 : imageBf16);
    }

    /** Launches for the anchors of {@code slab}; squares go to {@code saved}. */
    public void launch(Tensor f, Tensor g, PixelGrid grid, PixelSlab slab, Tensor saved) {
        boolean byRow = grid.settings().mode() == Mode.SCANLINE;
        PixelFeatures first = PixelFeatures.of(cuda, f);
        PixelFeatures second = PixelFeatures.of(cuda, g);
        cuda.queue()
                .launch(kernel(byRow, grid.dtype()))
                .rows(first.rows())
                .rows(second.rows())
                .struct(grid.words())
                .integer(slab.firstAnchor())
                .integer(slab.anchors())
                .integer(PixelFeatures.vectors(first, second))
                .address(slab.products())
                .tensor(saved)
                .address(slab.counters())
                .run(slab.anchors() * tiles(grid, byRow), columnTiles(grid, byRow), 1, BLOCK, 0);
    }

    private static long tiles(PixelGrid grid, boolean byRow) {
        return byRow
                ? (long) grid.height() * Math.ceilDiv(grid.width(), ROW_TILE)
                : Math.ceilDiv(grid.pixels(), IMAGE_TILE);
    }

    /** Tiles of the most columns that a tile of f meets. */
    private static int columnTiles(PixelGrid grid, boolean byRow) {
        if (byRow) {
            long band = Math.min(grid.width(), ROW_TILE + 2L * grid.rangeX());
            return Math.toIntExact(Math.ceilDiv(grid.groups() * band, ROW_COLUMNS));
        }
        long rows = Math.min(grid.height(), (IMAGE_TILE + grid.width() - 2L) / grid.width() + 1 + 2L * grid.rangeY());
        return Math.toIntExact(Math.ceilDiv(grid.groups() * rows * grid.width(), IMAGE_COLUMNS));
    }
}
