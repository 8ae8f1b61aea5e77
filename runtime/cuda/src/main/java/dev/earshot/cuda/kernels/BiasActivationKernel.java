package dev.earshot.cuda.kernels;

import dev.earshot.cuda.device.CudaContext;
import dev.earshot.cuda.device.Kernel;
import dev.earshot.cuda.device.Launch;
import dev.earshot.cuda.device.RowView;
import dev.earshot.tensor.Activation;
import dev.earshot.tensor.DType;
import dev.earshot.tensor.Tensor;

/**
 * What follows a product: out = residual + activation(x + bias), each part optional, computed in fp32. Source:
 * bias_activation.cu. Reference: {@link dev.earshot.tensor.Backend#linear(Tensor, dev.earshot.tensor.Linear, Activation,
 * Tensor, Tensor)}.
 */
public final class BiasActivationKernel {
    private static final int VECTOR = 4;
    private static final int MOST_THREADS = 256;
    private static final int WARP = 32;

    private final CudaContext cuda;
    private final Kernel f32;
    private final Kernel f32ToBf16;
    private final Kernel bf16;

    public BiasActivationKernel(CudaContext cuda) {
        this.cuda = cuda;
        this.f32 = cuda.kernel("bias_activation", "bias_activation_f32");
        this.f32ToBf16 = cuda.kernel("bias_activation", "bias_activation_f32_bf16");
        this.bf16 = cuda.kernel("bias_activation", "bias_activation_bf16");
    }

    /** out = activation(x + bias); x may be out; {@code bias} is an F32 device address or 0. */
    public void launch(Tensor x, long bias, Activation activation, Tensor out) {
        Kernel kernel = x.dtype() == DType.BF16 ? bf16 : out.dtype() == DType.BF16 ? f32ToBf16 : f32;
        RowView to = RowView.of(cuda, out);
        run(kernel, 1, RowView.of(cuda, x), bias, activation, 0, to, to);
    }

    /** out = activation(bias) in every row. */
    public void launch(long bias, Activation activation, Tensor out) {
        RowView to = RowView.of(cuda, out);
        run(out.dtype() == DType.BF16 ? bf16 : f32, 0, to, bias, activation, 0, to, to);
    }

    /** out = residual + activation(x + bias), all F32; residual may be out, x may not. */
    public void launchWithResidual(Tensor x, long bias, Activation activation, Tensor residual, Tensor out) {
        run(f32, 1, RowView.of(cuda, x), bias, activation, 1, RowView.of(cuda, residual), RowView.of(cuda, out));
    }

    /** out = residual + activation(bias), all F32; residual may be out. */
    public void launchWithResidual(long bias, Activation activation, Tensor residual, Tensor out) {
        RowView to = RowView.of(cuda, out);
        run(f32, 0, to, bias, activation, 1, RowView.of(cuda, residual), to);
    }

    private void run(
            Kernel kernel,
            int hasX,
            RowView x,
            long bias,
            Activation activation,
            int hasResidual,
            RowView residual,
            RowView out) {
        int width = Math.toIntExact(out.width());
        int inBytes = kernel == bf16 ? 2 : 4;
        int outBytes = kernel == f32 ? 4 : 2;
        boolean vectors = width % VECTOR == 0
                && bias % (VECTOR * Float.BYTES) == 0
                && (hasX == 0 || x.isAligned(inBytes, VECTOR * inBytes))
                && (hasResidual == 0 || residual.isAligned(Float.BYTES, VECTOR * Float.BYTES))
                && out.isAligned(outBytes, VECTOR * outBytes);
        int groups = (width + VECTOR - 1) / VECTOR;
        int threads = Math.min(MOST_THREADS, (groups + WARP - 1) / WARP * WARP);
        int chunks = (groups + threads - 1) / threads;
        Launch launch = cuda.queue().launch(kernel);
        launch.rows(x).integer(hasX).address(bias).integer(activation.ordinal());
        launch.rows(residual).integer(hasResidual).rows(out).integer(width).integer(chunks);
        launch.integer(vectors ? 1 : 0).run(Math.multiplyExact(out.rows(), chunks), threads);
    }
}
