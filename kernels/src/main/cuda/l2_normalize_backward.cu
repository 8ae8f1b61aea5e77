// Backward of the division of rows by max(|x|, eps): gradX += (grad - x * sum(grad * x) / |x|^2) / |x|, and grad / eps
// for a row shorter than eps. In fp32; the sums once more in fp64 for rows whose squares leave fp32's range.
//
// A group of threads per row; x and grad are read once and kept as fp32 in shared memory (row_group.cuh).
//
// l2_normalize_backward_*: rows of a multiple of 4 columns, 16-byte aligned; l2_normalize_backward_scalar_*: any
// rows. 63 and 48 registers.
// Expected limit: bandwidth; reads of x, grad and gradX and one write. Not yet measured on a card.
#include "row_squares.cuh"

template <int VEC, class T>
__device__ __forceinline__ void l2_normalize_backward(const Rows& x, const Rows& grad_out, const Rows& grad_x,
                                                      float* wide, long long rows, int width, int threads,
                                                      float eps) {
    DYN_SHARED(float, shared);
    RowGroup group(rows, width, threads);
    KeptRow<VEC> row{group, group.keep(shared, wide, width, 2)};
    float* slopes = row.kept + width;
    const float* grad = grad_out.at<const float>(group.row);
    row.read(x.at<const T>(group.row), [](int, const Pack<VEC>&) {});
    group.batches<VEC>([&](int column) { return load_pack<VEC>(grad + column); },
                       [&](int column, Pack<VEC>& slope) { store_pack(slopes + column, slope); });
    double sums[2]; // of squares, and of products with grad
    wide_range_sums<VEC>(group, sums, [&](int column, auto accumulate) {
        Pack<VEC> values = load_pack<VEC>(row.kept + column);
        Pack<VEC> slope = load_pack<VEC>(slopes + column);
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            accumulate(0, values.v[i], values.v[i]);
            accumulate(1, slope.v[i], values.v[i]);
        }
    });
    double norm = sqrt(sums[0]);
    float along = norm < eps ? 0 : static_cast<float>(sums[1] / sums[0]);
    float divisor = norm < eps ? eps : static_cast<float>(norm);
    float* target = grad_x.at<float>(group.row);
    group.batches<VEC>([&](int column) { return load_pack<VEC>(target + column); }, [&](int column, Pack<VEC>& sum) {
        Pack<VEC> values = load_pack<VEC>(row.kept + column);
        Pack<VEC> slope = load_pack<VEC>(slopes + column);
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            sum.v[i] += (slope.v[i] - values.v[i] * along) / divisor;
        }
        store_pack(target + column, sum);
    });
}

#define L2_NORMALIZE_BACKWARD(name, VEC, T)                                                                            \
    KERNEL __launch_bounds__(256, 4) void name(Rows x, Rows grad_out, Rows grad_x, float* wide, long long rows,        \
                                               int width, int threads, float eps) {                                    \
        l2_normalize_backward<VEC, T>(x, grad_out, grad_x, wide, rows, width, threads, eps);                           \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

L2_NORMALIZE_BACKWARD(l2_normalize_backward_f32, 4, float)
L2_NORMALIZE_BACKWARD(l2_normalize_backward_bf16, 4, __nv_bfloat16)
L2_NORMALIZE_BACKWARD(l2_normalize_backward_scalar_f32, 1, float)
L2_NORMALIZE_BACKWARD(l2_normalize_backward_scalar_bf16, 1, __nv_bfloat16)
