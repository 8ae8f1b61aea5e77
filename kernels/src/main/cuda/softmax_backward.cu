// Backward of the row-wise softmax: gradX += s * y * (grad - sum(grad * y)), y being the result of the forward op, in
// fp32.
//
// A group of threads per row; y and grad are read once and kept as fp32 in shared memory (row_group.cuh).
//
// softmax_backward_*: rows of a multiple of 4 columns, 16-byte aligned; softmax_backward_scalar_*: any rows. 56
// and 48 registers.
// Expected limit: bandwidth; reads of y, grad and gradX and one write. Not yet measured on a card.
#include "row_group.cuh"

template <int VEC, class T>
__device__ __forceinline__ void softmax_backward(const Rows& y, const Rows& grad_out, const Rows& grad_x, float* wide,
                                                 long long rows, int width, int threads, float scale) {
    DYN_SHARED(float, shared);
    RowGroup group(rows, width, threads);
    KeptRow<VEC> row{group, group.keep(shared, wide, width, 2)};
    float* slopes = row.kept + width;
    const float* grad = grad_out.at<const float>(group.row);
    row.read(y.at<const T>(group.row), [](int, const Pack<VEC>&) {});
    float projection = 0;
    group.batches<VEC>([&](int column) { return load_pack<VEC>(grad + column); }, [&](int column, Pack<VEC>& slope) {
        Pack<VEC> values = load_pack<VEC>(row.kept + column);
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            projection += slope.v[i] * values.v[i];
        }
        store_pack(slopes + column, slope);
    });
    projection = group.sum(projection, 0);
    float* target = grad_x.at<float>(group.row);
    group.batches<VEC>([&](int column) { return load_pack<VEC>(target + column); }, [&](int column, Pack<VEC>& sum) {
        Pack<VEC> values = load_pack<VEC>(row.kept + column);
        Pack<VEC> slope = load_pack<VEC>(slopes + column);
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            sum.v[i] += scale * (values.v[i] * (slope.v[i] - projection));
        }
        store_pack(target + column, sum);
    });
}

#define SOFTMAX_BACKWARD(name, VEC, T)                                                                                 \
    KERNEL __launch_bounds__(256, 4) void name(Rows y, Rows grad_out, Rows grad_x, float* wide, long long rows,        \
                                               int width, int threads, float scale) {                                  \
        softmax_backward<VEC, T>(y, grad_out, grad_x, wide, rows, width, threads, scale);                              \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

SOFTMAX_BACKWARD(softmax_backward_f32, 4, float)
SOFTMAX_BACKWARD(softmax_backward_bf16, 4, __nv_bfloat16)
SOFTMAX_BACKWARD(softmax_backward_scalar_f32, 1, float)
SOFTMAX_BACKWARD(softmax_backward_scalar_bf16, 1, __nv_bfloat16)
