// Rows of unit length: y = x / max(|x|, eps), |x| = sqrt(sum of x^2), in fp32 whatever the types of x and y; the sum is
// taken again in fp64 for the few rows whose squares leave fp32's range, so that rows of 1e-25 or 1e25 come out right.
//
// A group of threads per row, which is read once and kept as fp32 in shared memory (row_group.cuh).
//
// l2_normalize_*: rows of a multiple of 4 columns, 16-byte aligned; l2_normalize_scalar_*: any rows. 40 and
// 32 registers.
// Expected limit: bandwidth, one read and one write. Not yet measured on a card.
#include "row_squares.cuh"

template <int VEC, class In, class Out>
__device__ __forceinline__ void l2_normalize(const Rows& x, const Rows& y, float* wide, long long rows, int width,
                                             int threads, float eps) {
    DYN_SHARED(float, shared);
    RowGroup group(rows, width, threads);
    KeptRow<VEC> row{group, group.keep(shared, wide, width, 1)};
    row.read(x.at<const In>(group.row), [](int, const Pack<VEC>&) {});
    double squares[1];
    wide_range_sums<VEC>(group, squares, [&](int column, auto accumulate) {
        Pack<VEC> values = load_pack<VEC>(row.kept + column);
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            accumulate(0, values.v[i], values.v[i]);
        }
    });
    float norm = static_cast<float>(sqrt(squares[0]));
    norm = norm < eps ? eps : norm; // not fmaxf, which would hide a NaN
    Out* out = y.at<Out>(group.row);
    row.each([&](int column, Pack<VEC>& values) {
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            values.v[i] /= norm;
        }
        store_pack(out + column, values);
    });
}

#define L2_NORMALIZE(name, VEC, In, Out)                                                                               \
    KERNEL __launch_bounds__(256) void name(Rows x, Rows y, float* wide, long long rows, int width, int threads,       \
                                            float eps) {                                                               \
        l2_normalize<VEC, In, Out>(x, y, wide, rows, width, threads, eps);                                             \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

L2_NORMALIZE(l2_normalize_f32, 4, float, float)
L2_NORMALIZE(l2_normalize_f32_bf16, 4, float, __nv_bfloat16)
L2_NORMALIZE(l2_normalize_bf16, 4, __nv_bfloat16, __nv_bfloat16)
L2_NORMALIZE(l2_normalize_bf16_f32, 4, __nv_bfloat16, float)
L2_NORMALIZE(l2_normalize_scalar_f32, 1, float, float)
L2_NORMALIZE(l2_normalize_scalar_f32_bf16, 1, float, __nv_bfloat16)
L2_NORMALIZE(l2_normalize_scalar_bf16, 1, __nv_bfloat16, __nv_bfloat16)
L2_NORMALIZE(l2_normalize_scalar_bf16_f32, 1, __nv_bfloat16, float)
