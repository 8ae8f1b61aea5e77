package dev.earshot.cuda.blas;

import dev.earshot.tensor.DType;
import dev.earshot.tensor.Linear;
import java.util.Optional;

/**
 * A linear layer's weights on the device: [out, in] row-major in the compute type, as they come from the file.
 *
 * @param owner the parameter scope whose memory it is
 * @param weight device address of [out, in]
 * @param bias the bias in the types in which products take it; none for a layer without
 */
public record CudaLinear(
        Object owner, long inputWidth, long outputWidth, DType computeType, long weight, Optional<Bias> bias)
        implements Linear {
    /**
     * Device addresses of one bias [out].
     *
     * @param f32 its F32 form
     * @param bf16 its BF16 form; 0 if the layer computes in F32
     */
    public record Bias(long f32, long bf16) {}

    /** Device address of the bias in the type of a product's result; 0 for a layer without one. */
    public long bias(DType result) {
        return bias.map(b -> result == DType.F32 ? b.f32() : b.bf16()).orElse(0L);
    }
}
