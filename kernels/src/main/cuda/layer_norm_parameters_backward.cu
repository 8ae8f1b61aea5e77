// Backward of the layer norm in its parameters: gradGamma[c] += sum over rows of grad * n, gradBeta[c] += sum over rows
// of grad, with n = (x - mean) / sqrt(var + eps). Three launches, no atomics: the sums have one order.
//
// layer_norm_statistics_*: a group of threads per row (row_group.cuh) writes (mean, what the rounded mean lacks, scale)
//     of the row to statistics [rows, 4]; _scalar_ for rows that are not 16-byte aligned multiples of 4 columns.
// layer_norm_columns_*: a block of 256 threads owns 32 columns of a strip of rows; each of its 8 warps takes every
//     eighth row, the 8 sums of a column are added in order and go to partials [strips, 2, width].
// layer_norm_parameters_add: a thread per column adds the strips' sums in fp64 and then adds them to the gradients,
//     which may be one and the same tensor.
// 32 to 46 registers; layer_norm_columns_* has 2 KB of static shared memory for the sums of its warps.
// Expected limit: bandwidth; x is read twice (the second time from L2 up to some 20 MB), grad once. Not yet measured on
// a card.
#include "row_group.cuh"

template <int VEC, class T>
__device__ __forceinline__ void layer_norm_statistics(const Rows& x, float4* statistics, float* wide, long long rows,
                                                      int width, int threads, float eps) {
    DYN_SHARED(float, shared);
    RowGroup group(rows, width, threads);
    KeptRow<VEC> row{group, group.keep(shared, wide, width, 1)};
    RowStatistics result = row_statistics<VEC>(group, row, x.at<const T>(group.row), width, eps);
    if (group.thread == 0 && group.width > 0) {
        statistics[group.row] = make_float4(result.mean, result.shift, result.scale, 0);
    }
}

template <class T>
__device__ __forceinline__ void layer_norm_columns(const Rows& x, const Rows& grad_out, const float4* statistics,
                                                   long long rows, int width, int strip_rows, float* partials) {
    __shared__ float gammas[8][32];
    __shared__ float betas[8][32];
    int lane = threadIdx.x & 31;
    int warp = threadIdx.x >> 5;
    int column = blockIdx.x * 32 + lane;
    long long first = static_cast<long long>(blockIdx.y) * strip_rows;
    long long end = first + strip_rows < rows ? first + strip_rows : rows;
    float gamma = 0;
    float beta = 0;
    if (column < width) {
        for (long long row = first + warp; row < end; row += 8) {
            float4 s = statistics[row];
            float grad = grad_out.at<const float>(row)[column];
            gamma += grad * (((load(x.at<const T>(row) + column) - s.x) - s.y) * s.z);
            beta += grad;
        }
    }
    gammas[warp][lane] = gamma;
    betas[warp][lane] = beta;
    __syncthreads();
    if (warp == 0 && column < width) {
        for (int other = 1; other < 8; other++) {
            gamma += gammas[other][lane];
            beta += betas[other][lane];
        }
        float* strip = partials + 2ll * blockIdx.y * width;
        strip[column] = gamma;
        strip[width + column] = beta;
    }
}

#define LAYER_NORM_STATISTICS(name, VEC, T)                                                                            \
    KERNEL __launch_bounds__(256) void name(Rows x, float4* statistics, float* wide, long long rows, int width,        \
                                            int threads, float eps) {                                                  \
        layer_norm_statistics<VEC, T>(x, statistics, wide, rows, width, threads, eps);                                 \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

LAYER_NORM_STATISTICS(layer_norm_statistics_f32, 4, float)
LAYER_NORM_STATISTICS(layer_norm_statistics_bf16, 4, __nv_bfloat16)
LAYER_NORM_STATISTICS(layer_norm_statistics_scalar_f32, 1, float)
LAYER_NORM_STATISTICS(layer_norm_statistics_scalar_bf16, 1, __nv_bfloat16)

#define LAYER_NORM_COLUMNS(name, T)                                                                                    \
    KERNEL __launch_bounds__(256) void name(Rows x, Rows grad_out, const float4* statistics, long long rows, int width,\
                                            int strip_rows, float* partials) {                                         \
        layer_norm_columns<T>(x, grad_out, statistics, rows, width, strip_rows, partials);                             \
    }                                                                                                                  \
    EXPORT_KERNEL(name)

LAYER_NORM_COLUMNS(layer_norm_columns_f32, float)
LAYER_NORM_COLUMNS(layer_norm_columns_bf16, __nv_bfloat16)

KERNEL __launch_bounds__(256) void layer_norm_parameters_add(const float* partials, int strips, int width,
                                                             float* grad_gamma, float* grad_beta) {
    int column = blockIdx.x * blockDim.x + threadIdx.x;
    if (column >= width) {
        return;
    }
    double gamma = 0;
    double beta = 0;
    for (int strip = 0; strip < strips; strip++) {
        const float* sums = partials + 2ll * strip * width;
        gamma += sums[column];
        beta += sums[width + column];
    }
    grad_gamma[column] += static_cast<float>(gamma);
    grad_beta[column] += static_cast<float>(beta);
}
EXPORT_KERNEL(layer_norm_parameters_add)
