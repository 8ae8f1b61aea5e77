package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Launch;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/** out = (x / 255 - mean) / std, channels first. Source: normalize_image.cu. Reference: PictureOps. */
public final class NormalizeImageKernel {
    private static final int BLOCK = 256;

    /** Neighbouring pixels of a thread where the image and the addresses allow it. */
    private static final int GROUP = 4;

    private final CudaContext cuda;
    private final Kernel f32;
    private final Kernel bf16;

    public NormalizeImageKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.f32 = cuda.kernel("normalize_image", "normalize_image_f32");
        this.bf16 = cuda.kernel("normalize_image", "normalize_image_bf16");
    }

    /** x is U8 [B, H, W, 3], out F32 or BF16 [B, 3, H, W], both contiguous; three means and deviations. */
    public void launch(Tensor x, float[] mean, float[] std, Tensor out) {
        long plane = x.dim(1) * x.dim(2);
        boolean aligned = cuda.address(x) % GROUP == 0
                && cuda.address(out) % ((long) GROUP * out.dtype().bytes()) == 0;
        int pixels = aligned && plane % GROUP == 0 ? GROUP : 1;
        long units = x.dim(0) * plane / pixels;
        Launch launch = cuda.queue()
                .launch(out.dtype() == DType.F32 ? f32 : bf16)
                .tensor(x)
                .integer(units)
                .integer(plane)
                .integer(pixels);
        for (int channel = 0; channel < mean.length; channel++) {
            launch.real(mean[channel]).real(std[channel]);
        }
        launch.tensor(out).run(Loops.ceil(units, BLOCK), BLOCK);
    }
}
