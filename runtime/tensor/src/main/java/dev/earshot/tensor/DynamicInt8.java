package dev.earshot.tensor;

/**
 * Linear layers in 8-bit integers, without calibration: weights are quantised once per output channel, rows of x (tokens) as
 * they come, products are summed exactly in 32-bit integers and everything else stays F32. It is a property of a backend
 * ({@code cpu:int8}, {@code reference:int8}) that holds for every F32 layer which {@link #covers} accepts; x and out keep
 * their types, so that models do not change.
 *
 * <p>All arithmetic below is that of {@code float}, rounded after every operation; {@code L} is {@link #weightLevels}.
 *
 * <ul>
 *   <li><b>Weights</b>, per output channel n: {@code t[n] = max|w[n,·]| / L}, {@code v[n,k] = trunc(w[n,k] · (1 / t[n]) +
 *       (L + 0.5)) − L}, that is round half up, in −L…L.
 *   <li><b>Rows</b>, per row m: {@code lo = min(0, min x[m,·])}, {@code hi = max(0, max x[m,·])}, {@code s[m] = hi / 254 −
 *       lo / 254}, {@code r = 1 / s[m]}, zero point {@code z[m] = trunc(0.5 − lo · r)}, {@code q[m,k] = trunc(x[m,k] · r +
 *       (z[m] + 0.5))} in 0…255. So 0 is exact and the range is used whatever the signs; with 254 steps nothing exceeds 255
 *       however both roundings fall, and nothing needs to be cut.
 *   <li><b>Product</b>: {@code a = Σk q[m,k] v[n,k] − z[m] Σk v[n,k]}, exact; {@code y = float(a) · (s[m] · t[n]) + b[n]},
 *       then activation and residual as in F32.
 *   <li>A scale below the smallest normal float (a row or channel of zeros) counts as 0: all its integers are 0, and y is the
 *       bias. A row of x with a NaN or an infinity gives NaN in the whole row of y, a channel of W with one gives NaN in
 *       its column.
 * </ul>
 *
 * @param weightLevels largest magnitude of a quantised weight: 127, or 64 where the processor's product of 8-bit integers
 *     adds neighbouring products in 16 bits, which saturate beyond 2 · 255 · 64
 * @param narrowest layers narrower than this on either side stay F32
 */
public record DynamicInt8(int weightLevels, long narrowest) {
    /** Steps between the smallest and the largest number of a row. */
    public static final int STEPS = 254;

    /** Largest value of a quantised x. */
    private static final int LARGEST = 255;

    /** Weight levels where 32-bit sums of four products are one instruction (VNNI). */
    public static final int FULL_LEVELS = 127;

    /** Weight levels where pairs of products are added in 16 bits. */
    public static final int SAFE_LEVELS = 64;

    /**
     * Smallest width that is quantised by default. Below it quantising x and scaling y cost more than the product saves;
     * measured on AVX2, see docs/int8.md.
     */
    public static final long DEFAULT_NARROWEST = 128;

    /** Beyond this width a 32-bit sum could overflow. */
    private static final long WIDEST = Integer.MAX_VALUE / (LARGEST * FULL_LEVELS) / 2;

    public DynamicInt8 {
        if (weightLevels != FULL_LEVELS && weightLevels != SAFE_LEVELS) {
            throw new IllegalArgumentException(
                    "int8 weight levels: expected %d or %d, got %d".formatted(SAFE_LEVELS, FULL_LEVELS, weightLevels));
        }
        if (narrowest < 1) {
            throw new IllegalArgumentException("int8 narrowest layer: expected at least 1, got " + narrowest);
        }
    }

    /** The default rule with {@code weightLevels}. */
    public static DynamicInt8 of(int weightLevels) {
        return new DynamicInt8(weightLevels, DEFAULT_NARROWEST);
    }

    /** True if a layer from {@code in} to {@code out} columns whose products are of type {@code compute} is quantised. */
    public boolean covers(long in, long out, DType compute) {
        return compute == DType.F32 && Math.min(in, out) >= narrowest && in <= WIDEST;
    }
}
