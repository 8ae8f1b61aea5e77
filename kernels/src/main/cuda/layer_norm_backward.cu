// Backward of the layer norm in x: with n = (x - mean) * s, s = 1 / sqrt(var + eps) and d = gamma * grad (d = grad
// where gamma's address is null), gradX += s * (d - mean(d) - n * mean(d * n)). Statistics are taken again, in fp32.
//
// A group of threads per row; x and d are read once and kept as fp32 in shared memory (row_group.cuh). The second pass
// finds variance and both projections together: mean(d * n) follows from the sum of d * (x - mean).
//
// layer_norm_backward_*: rows of a multiple of 4 columns, 16-byte aligned; layer_norm_backward_scalar_*: any rows.
// 56 and 48 registers.
// Expected limit: bandwidth; reads of x, grad and gradX and one write. Not yet measured on a card.
#include "row_group.cuh"

template <int VEC, class T>
__device__ __forceinline__ void layer_norm_backward(const Rows& x, const float* gamma, const Rows& grad_out,
                                                    const Rows& grad_x, float* wide, long long rows, int width,
                                                    int threads, float eps) {
    DYN_SHARED(float, shared);
    RowGroup group(rows, width, threads);
    KeptRow<VEC> row{group, group.keep(shared, wide, width, 2)};
    float* slopes = row.kept + width;
    float total = 0;
    row.read(x.at<const T>(group.row), [&](int, const Pack<VEC>& values) {
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            total += values.v[i];
        }
    });
    float mean = group.sum(total, 0) / width;
    const float* grad = grad_out.at<const float>(group.row);
    float sums[4] = {0, 0, 0, 0}; // of x - mean, its square, d, d * (x - mean)
    group.batches<VEC>([&](int column) { return load_pack<VEC>(grad + column); }, [&](int column, Pack<VEC>& slope) {
        Pack<VEC> values = load_pack<VEC>(row.kept + column);
        if (gamma != nullptr) {
            Pack<VEC> scale = load_pack<VEC>(gamma + column);
#pragma unroll
            for (int i = 0; i < VEC; i++) {
                slope.v[i] *= scale.v[i];
            }
        }
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            float deviation = values.v[i] - mean;
            sums[0] += deviation;
            sums[1] += deviation * deviation;
            sums[2] += slope.v[i];
            sums[3] += slope.v[i] * deviation;
        }
        store_pack(slopes + column, slope);
    });
    group.sums(sums, 1);
    RowStatistics statistics(mean, sums[0], sums[1], width, eps);
    float slope_mean = sums[2] / width;
    float projection = (sums[3] - statistics.shift * sums[2]) * statistics.scale / width;
    float* target = grad_x.at<float>(group.row);
    group.batches<VEC>([&](int column) { return load_pack<VEC>(target + column); }, [&](int column, Pack<VEC>& sum) {
        Pack<VEC> values = load_pack<VEC>(row.kept + column);
        Pack<VEC> slope = load_pack<VEC>(slopes + column);
#pragma unroll
        for (int i = 0; i < VEC; i++) {
            sum.v[i] += statistics.scale * (slope.v[i] - slope_mean - statistics.normal(values.v[i]) * projection);
        }
        store_pack(target + column, sum);
    });
}

#define LAYER_NORM_BACKWARD(name, VEC, T)                                                                              \
    KERNEL __launch_bounds__(256, 4) void name(Rows x, const float* __restrict__ gamma, Rows grad_out, Rows grad_x,    \
                                            float* wide, long long rows, int width, int threads, float eps) {          \
        layer_norm_backward<VEC, T>(x, gamma, grad_out, grad_x, wide, rows, width, threads, eps);                      \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

LAYER_NORM_BACKWARD(layer_norm_backward_f32, 4, float)
LAYER_NORM_BACKWARD(layer_norm_backward_bf16, 4, __nv_bfloat16)
LAYER_NORM_BACKWARD(layer_norm_backward_scalar_f32, 1, float)
LAYER_NORM_BACKWARD(layer_norm_backward_scalar_bf16, 1, __nv_bfloat16)
