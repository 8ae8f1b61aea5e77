package dev.earshot.models.sam;

import dev.earshot.tensor.Checks;
import dev.earshot.tensor.DType;

/**
 * How a model is loaded and run.
 *
 * @param compute type of the matrix products, F32 or BF16
 * @param decoderEps added to the variance in the layer norms of the two-way transformer's layers: 1e-5 as the authors' code
 *     has it, 1e-6 to reproduce transformers (whose final norm keeps 1e-5)
 * @param hqTokenOnly HQ-SAM only: return the HQ mask alone (better for pictures with one object) instead of its sum with
 *     SAM's mask
 * @param passBytes ceiling on the memory of one decoding pass, in bytes, beyond weights and image embedding; at least one
 *     prompt is decoded per pass whatever it needs
 */
public record SamOptions(DType compute, float decoderEps, boolean hqTokenOnly, long passBytes) {
    /** The authors' epsilon. */
    public static final float DECODER_EPS = 1e-5f;

    /** Room for 16 prompts at the published sizes. */
    public static final long PASS_BYTES = 512L << 20;

    /** Products in F32, the authors' epsilon, the sum of SAM's and the HQ mask, {@link #PASS_BYTES}. */
    public static final SamOptions DEFAULT = new SamOptions(DType.F32, DECODER_EPS, false, PASS_BYTES);

    /** Checks the numbers. */
    public SamOptions {
        Checks.argument(
                compute == DType.F32 || compute == DType.BF16,
                "SAM compute type",
                "expected F32 or BF16, got %s",
                compute);
        Checks.argument(
                decoderEps > 0 && Float.isFinite(decoderEps),
                "SAM decoder epsilon",
                "expected a positive number, got %s",
                decoderEps);
        Checks.argument(passBytes > 0, "SAM pass memory", "expected a positive number of bytes, got %d", passBytes);
    }

    /** These options with products in {@code type}. */
    public SamOptions withCompute(DType type) {
        return new SamOptions(type, decoderEps, hqTokenOnly, passBytes);
    }

    /** These options with another epsilon in the two-way transformer. */
    public SamOptions withDecoderEps(float eps) {
        return new SamOptions(compute, eps, hqTokenOnly, passBytes);
    }

    /** These options with the HQ mask alone, or its sum with SAM's. */
    public SamOptions withHqTokenOnly(boolean only) {
        return new SamOptions(compute, decoderEps, only, passBytes);
    }

    /** These options with another ceiling on the memory of a pass. */
    public SamOptions withPassBytes(long bytes) {
        return new SamOptions(compute, decoderEps, hqTokenOnly, bytes);
    }
}
