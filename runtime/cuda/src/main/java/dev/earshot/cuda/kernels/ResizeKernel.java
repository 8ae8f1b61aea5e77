package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.tensor.Interpolation;
import dev.earshot.tensor.Tensor;

/** Resampling of images. Source: resize.cu. Reference: ResizeOps. */
public final class ResizeKernel {
    /** Pixels that fill a card; more of them go to the same threads, plane by plane. */
    private static final long FILLING_PIXELS = 1 << 18;

    private static final int MOST_PLANES_PER_BLOCK = 16;
    private static final int MOST_GROUPS = 65535;

    private final CudaContext cuda;
    private final TypedKernels nearest;
    private final TypedKernels bilinear;
    private final TypedKernels bicubic;

    public ResizeKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.nearest = new TypedKernels(cuda, "resize", "resize_nearest");
        this.bilinear = new TypedKernels(cuda, "resize", "resize_bilinear");
        this.bicubic = new TypedKernels(cuda, "resize", "resize_bicubic");
    }

    /** From x [B, C, H, W] to out [B, C, OH, OW], both F32 or BF16; source position = (i + 0.5) * step - 0.5. */
    public void launch(Tensor x, Interpolation kind, double stepY, double stepX, Tensor out) {
        TypedKernels kernels = switch (kind) {
            case NEAREST -> nearest;
            case BILINEAR -> bilinear;
            case BICUBIC -> bicubic;
        };
        long planes = x.dim(0) * x.dim(1);
        int planesPerBlock = planesPerBlock(planes, out.dim(2) * out.dim(3));
        ImageLines lines = ImageLines.of(out.dim(2), out.dim(3));
        ImageLines.image(ImageLines.image(cuda.queue().launch(kernels.of(x.dtype(), out.dtype())), cuda, x), cuda, out)
                .integer(lines.threads())
                .longInteger(planes)
                .integer(planesPerBlock)
                .integer(x.dim(1))
                .integer(x.dim(2))
                .integer(x.dim(3))
                .integer(out.dim(2))
                .integer(out.dim(3))
                .real64(stepY)
                .real64(stepX)
                .run(
                        lines.blocks(),
                        Math.toIntExact((planes + planesPerBlock - 1) / planesPerBlock),
                        1,
                        ImageLines.BLOCK,
                        0);
    }

    private static int planesPerBlock(long planes, long area) {
        long sharing = Math.clamp(planes * area / FILLING_PIXELS, 1, MOST_PLANES_PER_BLOCK);
        return Math.toIntExact(Math.max(sharing, (planes + MOST_GROUPS - 1) / MOST_GROUPS));
    }
}
