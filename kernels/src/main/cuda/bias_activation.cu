// bias_activation: y = residual + activation(x + bias), what follows a matrix product that cuBLASLt cannot finish itself; bias
// is per column and fp32, every part but y optional, computed in fp32, rounded once. y may be x or residual.
//
// bias_activation_f32: everything fp32. bias_activation_f32_bf16: fp32 product, bf16 result. bias_activation_bf16: both bf16.
// GELU is the exact one, x/2 (1 + erf(x / sqrt 2)); RELU keeps NaN.
// Mapping: a block owns up to 1024 neighbouring columns of one row, a thread 4 neighbours, read and written as one 16-byte
// (fp32) or 8-byte (bf16) access where the launcher found rows and addresses aligned, else one by one. No shared memory.
// Expected limit: memory bandwidth, bytes = elements * (size in + size out + 4 with a residual). Not yet measured on a card.
#include "compat.h"
#include "rows.cuh"
#include "types.cuh"

constexpr int VECTOR = 4;
constexpr int THREADS = 256;

/** In the order of the Java enum Activation. */
enum Activation : int { NONE, RELU, GELU, QUICK_GELU };

__device__ __forceinline__ float activate(int activation, float x) {
    switch (activation) {
        case RELU: return x > 0.0f || x != x ? x : 0.0f;
        case GELU: return 0.5f * x * (1.0f + erff(x * 0.70710678118654752f));
        case QUICK_GELU: return x * (1.0f / (1.0f + expf(-1.702f * x)));
        default: return x;
    }
}

template <class In, class Out>
__device__ __forceinline__ void bias_activation(const Rows& x, int has_x, const float* __restrict__ bias, int activation,
                                                const Rows& residual, int has_residual, const Rows& y, int width, int chunks,
                                                int vectors) {
    long long row = blockIdx.x / chunks;
    int column = (static_cast<int>(blockIdx.x % chunks) * static_cast<int>(blockDim.x) + static_cast<int>(threadIdx.x)) * VECTOR;
    if (column >= width) {
        return;
    }
    const In* from = x.at<In>(row) + column;
    const float* add = residual.at<float>(row) + column;
    Out* to = y.at<Out>(row) + column;
    float v[VECTOR] = {};
    float b[VECTOR] = {};
    float r[VECTOR] = {};
    int count = min(VECTOR, width - column);
    if (vectors) {
        if (has_x) load4(from, v);
        if (bias) load4(bias + column, b);
        if (has_residual) load4(add, r);
    } else {
#pragma unroll
        for (int i = 0; i < VECTOR; i++) {
            if (i < count) {
                if (has_x) v[i] = load(from + i);
                if (bias) b[i] = bias[column + i];
                if (has_residual) r[i] = add[i];
            }
        }
    }
#pragma unroll
    for (int i = 0; i < VECTOR; i++) {
        v[i] = activate(activation, v[i] + b[i]);
        v[i] = has_residual ? r[i] + v[i] : v[i];
    }
    if (vectors) {
        store4(to, v);
    } else {
#pragma unroll
        for (int i = 0; i < VECTOR; i++) {
            if (i < count) store(to + i, v[i]);
        }
    }
}

KERNEL __launch_bounds__(THREADS) void bias_activation_f32(const Rows x, int has_x, const float* __restrict__ bias,
                                                           int activation, const Rows residual, int has_residual, const Rows y,
                                                           int width, int chunks, int vectors) {
    bias_activation<float, float>(x, has_x, bias, activation, residual, has_residual, y, width, chunks, vectors);
}
EXPORT_KERNEL(bias_activation_f32)

KERNEL __launch_bounds__(THREADS) void bias_activation_f32_bf16(const Rows x, int has_x, const float* __restrict__ bias,
                                                                int activation, const Rows residual, int has_residual,
                                                                const Rows y, int width, int chunks, int vectors) {
    bias_activation<float, __nv_bfloat16>(x, has_x, bias, activation, residual, has_residual, y, width, chunks, vectors);
}
EXPORT_KERNEL(bias_activation_f32_bf16)

KERNEL __launch_bounds__(THREADS) void bias_activation_bf16(const Rows x, int has_x, const float* __restrict__ bias,
                                                            int activation, const Rows residual, int has_residual, const Rows y,
                                                            int width, int chunks, int vectors) {
    bias_activation<__nv_bfloat16, __nv_bfloat16>(x, has_x, bias, activation, residual, has_residual, y, width, chunks, vectors);
}
EXPORT_KERNEL(bias_activation_bf16)
