// The fusing attention of an audio-visual adapter. With P = softmax(scale u t^T), D the gradient of out:
//
//   out = u + gate P t                                  cross_modal_attention_f32
//   dU = D + C t,  C = scale gate P * (D t^T - projection),  projection = rowsum(P * D t^T)
//                                                       cross_modal_attention_backward_rows_f32
//   dT = gate P^T D + C^T u,  dGate = sum of projections   cross_modal_attention_backward_sums_f32
//
// u [batches, n, r] are image tokens, t [batches, m, r] a few latents; any m and r, made for m <= 16 and r <= 128.
//
// First two kernels: 8 lanes share a token, a block has 16 tokens. A lane takes every eighth column in the dot products
// (three shuffles each) and every eighth latent in the softmax; t comes from the first-level cache. The backward kernel
// leaves gate P, C and the projections of every token in scratch. Third kernel: a block owns one latent and 32 columns
// of dT; its 8 warps take every eighth token and are added in order, so that the bits repeat. The last block sums the
// gate's gradient in double.
//
// Registers below 40, shared memory 16 m floats or 1 KB. u, the gradients and the result are touched once: bandwidth is
// the limit for large batches, the launches for small ones. Not yet measured on a card.
#include "reduce.cuh"

namespace cross_modal_attention_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

constexpr int THREADS = 128;
constexpr int LANES = 8; // of a token
constexpr int TOKENS = THREADS / LANES;
constexpr int WARPS = 8;

// Sizes, and strides in elements; all 64 bits wide, in the order in which the launcher packs them.
struct Fusion {
    long long batches, tokens, latents, width;
    long long uBatch, uRow, tBatch, tRow, outBatch, outRow; // out: the result, or its gradient
    long long gradUBatch, gradURow, gradTBatch, gradTRow;
};

__device__ __forceinline__ float token_sum(float x) {
    for (int step = 1; step < LANES; step *= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}

// The dot product of two rows, in all lanes of the token.
__device__ __forceinline__ float dot(const float* a, const float* b, int width) {
    float sum = 0;
    for (int c = threadIdx.x % LANES; c < width; c += LANES) sum += a[c] * b[c];
    return token_sum(sum);
}

// Leaves exp(score - maximum) of every latent in `weights` and returns their sum. A lane writes and reads only the
// latents congruent to it; others may read after a __syncwarp().
__device__ __forceinline__ float soften(const float* u, const float* t, const Fusion& f, float scale, float* weights) {
    const int lane = threadIdx.x % LANES;
    float max = -INFINITY;
    for (int j = 0; j < f.latents; j++) {
        const float score = scale * dot(u, t + j * f.tRow, f.width);
        if (j % LANES == lane) weights[j] = score;
        max = fmaxf(max, score);
    }
    float sum = 0;
    for (int j = lane; j < f.latents; j += LANES) {
        weights[j] = expf(weights[j] - max);
        sum += weights[j];
    }
    return token_sum(sum);
}

} // namespace cross_modal_attention_parts
using namespace cross_modal_attention_parts;

// spill [batches * tokens, latents]: room for the weights when shared memory has none, else null.
KERNEL void __launch_bounds__(THREADS)
    cross_modal_attention_f32(const float* __restrict__ u, const float* __restrict__ t, const float* __restrict__ gate,
                              float* __restrict__ out, float* spill, const Fusion f, float scale) {
    DYN_SHARED(float, shared);
    const long long index = (long long)blockIdx.x * TOKENS + threadIdx.x / LANES;
    const bool real = index < f.batches * f.tokens;
    const long long token = real ? index : 0; // the lanes of a warp stay together
    const long long batch = token / f.tokens;
    u += batch * f.uBatch + token % f.tokens * f.uRow;
    t += batch * f.tBatch;
    float* weights = spill == nullptr ? shared + threadIdx.x / LANES * f.latents : spill + token * f.latents;

    const float sum = soften(u, t, f, scale, weights);
    __syncwarp();
    if (!real) return;
    const float factor = *gate / sum;
    out += batch * f.outBatch + token % f.tokens * f.outRow;
    for (int c = threadIdx.x % LANES; c < f.width; c += LANES) {
        float fused = 0;
        for (int j = 0; j < f.latents; j++) fused += weights[j] * t[j * f.tRow + c];
        out[c] = u[c] + factor * fused;
    }
}
EXPORT_KERNEL(cross_modal_attention_f32)

// weights, slopes [batches * tokens, latents]: gate P and C; projections [batches * tokens].
KERNEL void __launch_bounds__(THREADS)
    cross_modal_attention_backward_rows_f32(const float* __restrict__ u, const float* __restrict__ t,
                                            const float* __restrict__ gate, const float* __restrict__ gradOut,
                                            float* gradU, float* weights, float* slopes, float* projections,
                                            const Fusion f, float scale) {
    const long long token = (long long)blockIdx.x * TOKENS + threadIdx.x / LANES;
    const int lane = threadIdx.x % LANES;
    const bool real = token < f.batches * f.tokens;
    const long long batch = real ? token / f.tokens : 0;
    const long long row = real ? token % f.tokens : 0;
    u += batch * f.uBatch + row * f.uRow;
    t += batch * f.tBatch;
    gradOut += batch * f.outBatch + row * f.outRow;
    weights += token * f.latents; // scratch has room for the tokens of the last block that are none
    slopes += token * f.latents;

    const float share = 1 / soften(u, t, f, scale, weights);
    float projection = 0;
    for (int j = 0; j < f.latents; j++) {
        const float slope = dot(gradOut, t + j * f.tRow, f.width);
        if (j % LANES == lane) {
            slopes[j] = slope;
            projection += weights[j] * share * slope;
        }
    }
    projection = token_sum(projection);
    for (int j = lane; j < f.latents; j += LANES) {
        weights[j] *= *gate * share;
        slopes[j] = scale * weights[j] * (slopes[j] - projection);
    }
    if (lane == 0) projections[token] = projection;
    __syncwarp();
    if (!real) return;
    gradU += batch * f.gradUBatch + row * f.gradURow;
    for (int c = lane; c < f.width; c += LANES) {
        float sum = gradOut[c];
        for (int j = 0; j < f.latents; j++) sum += slopes[j] * t[j * f.tRow + c];
        gradU[c] += sum;
    }
}
EXPORT_KERNEL(cross_modal_attention_backward_rows_f32)

KERNEL void __launch_bounds__(32 * WARPS)
    cross_modal_attention_backward_sums_f32(const float* __restrict__ u, const float* __restrict__ gradOut,
                                            const float* __restrict__ weights, const float* __restrict__ slopes,
                                            const float* __restrict__ projections, float* gradT, float* gradGate,
                                            const Fusion f) {
    __shared__ double sums[WARPS][32];
    const int lane = threadIdx.x % 32;
    const int warp = threadIdx.x / 32;
    const bool gate = blockIdx.x == gridDim.x - 1;
    const long long chunks = (f.width + 31) / 32;
    const long long column = blockIdx.x % chunks * 32 + lane;
    const long long latent = blockIdx.x / chunks % f.latents;
    const long long batch = gate ? 0 : blockIdx.x / chunks / f.latents;
    double sum = 0;
    if (gate) {
        for (long long i = threadIdx.x; i < f.batches * f.tokens; i += 32 * WARPS) sum += projections[i];
    } else if (column < f.width) {
        u += batch * f.uBatch + column;
        gradOut += batch * f.outBatch + column;
        weights += batch * f.tokens * f.latents + latent;
        slopes += batch * f.tokens * f.latents + latent;
        float part = 0;
        for (long long i = warp; i < f.tokens; i += WARPS) {
            part += weights[i * f.latents] * gradOut[i * f.outRow] + slopes[i * f.latents] * u[i * f.uRow];
        }
        sum = part;
    }
    sums[warp][lane] = sum;
    __syncthreads();
    if (warp > 0) return;
    for (int w = 1; w < WARPS; w++) sum += sums[w][lane];
    if (gate) {
        sum = warp_sum(sum);
        if (lane == 0) *gradGate += (float)sum;
    } else if (column < f.width) {
        gradT[batch * f.gradTBatch + latent * f.gradTRow + column] += (float)sum;
    }
}
EXPORT_KERNEL(cross_modal_attention_backward_sums_f32)
