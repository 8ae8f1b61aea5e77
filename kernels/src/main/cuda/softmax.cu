// Row-wise softmax: y = exp(s x - max) / sum of exp(s x - max) with max over the row of s x, in fp32 whatever the types
// of x and y. A row whose maximum is minus infinity has no distribution and becomes NaN, as does one that holds a NaN.
//
// A group of threads per row, which is read once and kept as fp32 in shared memory (row_group.cuh): s x first, then its
// exponentials, so that no exponential is computed twice. The product s x is rounded before the maximum is subtracted
// (no fused multiply-add), else the largest element of a row of huge values would not give exp(0).
//
// softmax_*: rows of a multiple of 4 columns, 16-byte aligned; softmax_scalar_*: any rows. 39 and 32 registers.
// Expected limit: bandwidth, one read and one write; one expf per element. Not yet measured on a card.
#include "row_group.cuh"

template <int VEC, class In, class Out>
__device__ __forceinline__ void softmax(const Rows& x, const Rows& y, float* wide, long long rows, int width,
                                        int threads, float scale) {
    DYN_SHARED(float, shared);
    RowGroup group(rows, width, threads);
    KeptRow<VEC> row{group, group.keep(shared, wide, width, 1)};
    float highest = -INFINITY;
    row.read(x.at<const In>(group.row), [&](int, Pack<VEC>& values) {
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            values.v[i] = __fmul_rn(scale, values.v[i]);
            highest = fmaxf(highest, values.v[i]); // a NaN shows in the exponentials
        }
    });
    highest = group.max(highest, 0);
    float total = 0;
    row.change([&](int, Pack<VEC>& values) {
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            values.v[i] = expf(values.v[i] - highest);
            total += values.v[i];
        }
    });
    float inverse = 1 / group.sum(total, 1);
    Out* out = y.at<Out>(group.row);
    row.each([&](int column, Pack<VEC>& values) {
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            values.v[i] *= inverse;
        }
        store_pack(out + column, values);
    });
}

#define SOFTMAX(name, VEC, In, Out)                                                                                    \
    KERNEL __launch_bounds__(256) void name(Rows x, Rows y, float* wide, long long rows, int width, int threads,       \
                                            float scale) {                                                             \
        softmax<VEC, In, Out>(x, y, wide, rows, width, threads, scale);                                                \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

SOFTMAX(softmax_f32, 4, float, float)
SOFTMAX(softmax_f32_bf16, 4, float, __nv_bfloat16)
SOFTMAX(softmax_bf16, 4, __nv_bfloat16, __nv_bfloat16)
SOFTMAX(softmax_bf16_f32, 4, __nv_bfloat16, float)
SOFTMAX(softmax_scalar_f32, 1, float, float)
SOFTMAX(softmax_scalar_f32_bf16, 1, float, __nv_bfloat16)
SOFTMAX(softmax_scalar_bf16, 1, __nv_bfloat16, __nv_bfloat16)
SOFTMAX(softmax_scalar_bf16_f32, 1, __nv_bfloat16, float)
