// Row-wise layer normalisation: y = (x - mean) / sqrt(var + eps) * gamma + beta, biased variance, statistics in fp32
// whatever the types of x and y; without gamma and beta where their addresses are null.
//
// Two passes over values that were read once: the mean, then the variance about it (never E[x^2] - E[x]^2) together
// with the rounding error of the mean.
//
// layer_norm_*:         a warp owns a row of at most 1,280 columns, 4 warps a block; a lane keeps 10 packs of 4 columns
//                       in registers, all loads in flight at once. No shared memory, no barrier. Widths 768 and 1,280
//                       of the encoders come here.
// layer_norm_kept_*:    rows of any width that are multiples of 4 columns, kept in shared memory (row_group.cuh).
// layer_norm_scalar_*:  the same for rows of any width and any alignment.
//
// 66 to 72, 40 and 32 registers. Expected limit: bandwidth, one read of x and one write of y; gamma and beta come from
// L2. Not yet measured on a card.
#include "row_group.cuh"

template <int VEC, class Row, class In, class Out>
__device__ __forceinline__ void layer_norm(const RowGroup& group, Row& row, const In* x, const float* gamma,
                                           const float* beta, float eps, Out* y, int width) {
    RowStatistics statistics = row_statistics<VEC>(group, row, x, width, eps);
    row.each([&](int column, const Pack<VEC>& values) {
        Pack<VEC> result;
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            result.v[i] = statistics.normal(values.v[i]);
        }
        if (gamma != nullptr) {
            Pack<VEC> scale = load_pack<VEC>(gamma + column);
            Pack<VEC> offset = load_pack<VEC>(beta + column);
#pragma unroll
            for (int i = 0; i < VEC; i++) {
                result.v[i] = result.v[i] * scale.v[i] + offset.v[i];
            }
        }
        store_pack(y + column, result);
    });
}

template <class In, class Out>
__device__ __forceinline__ void layer_norm_in_registers(const Rows& x, const float* gamma, const float* beta,
                                                        const Rows& y, long long rows, int width, float eps) {
    RowGroup group(rows, width, 32);
    RegisterRow<4, 10> row(group);
    layer_norm<4>(group, row, x.at<const In>(group.row), gamma, beta, eps, y.at<Out>(group.row), width);
}

template <int VEC, class In, class Out>
__device__ __forceinline__ void layer_norm_kept(const Rows& x, const float* gamma, const float* beta, const Rows& y,
                                                float* wide, long long rows, int width, int threads, float eps) {
    DYN_SHARED(float, shared);
    RowGroup group(rows, width, threads);
    KeptRow<VEC> row{group, group.keep(shared, wide, width, 1)};
    layer_norm<VEC>(group, row, x.at<const In>(group.row), gamma, beta, eps, y.at<Out>(group.row), width);
}

#define LAYER_NORM(types, In, Out)                                                                                     \
    KERNEL __launch_bounds__(128) void layer_norm_##types(Rows x, const float* __restrict__ gamma,                     \
                                                          const float* __restrict__ beta, Rows y, long long rows,      \
                                                          int width, float eps) {                                      \
        layer_norm_in_registers<In, Out>(x, gamma, beta, y, rows, width, eps);                                         \
    }                                                                                                                  \
    EXPORT_KERNEL(layer_norm_##types)                                                                                  \
    KERNEL __launch_bounds__(256) void layer_norm_kept_##types(Rows x, const float* __restrict__ gamma,                \
                                                               const float* __restrict__ beta, Rows y, float* wide,    \
                                                               long long rows, int width, int threads, float eps) {    \
        layer_norm_kept<4, In, Out>(x, gamma, beta, y, wide, rows, width, threads, eps);                               \
    }                                                                                                                  \
    EXPORT_KERNEL(layer_norm_kept_##types)                                                                             \
    KERNEL __launch_bounds__(256) void layer_norm_scalar_##types(Rows x, const float* __restrict__ gamma,              \
                                                                 const float* __restrict__ beta, Rows y, float* wide,  \
                                                                 long long rows, int width, int threads, float eps) {  \
        layer_norm_kept<1, In, Out>(x, gamma, beta, y, wide, rows, width, threads, eps);                               \
    }                                                                                                                  \
    EXPORT_KERNEL(layer_norm_scalar_##types)

LAYER_NORM(f32, float, float)
LAYER_NORM(f32_bf16, float, __nv_bfloat16)
LAYER_NORM(bf16, __nv_bfloat16, __nv_bfloat16)
LAYER_NORM(bf16_f32, __nv_bfloat16, float)
