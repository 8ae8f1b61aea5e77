// Attention of a few queries with wide heads, as when latents gather tokens: out = softmax(scale q k^T + bias) v, and
// its backward op for the queries.
//
//   attention_few_FROM_TO           q, k, v of type FROM, out of type TO
//   attention_few_backward_FROM     adds dQ = scale dS K with dS = P * (D V^T - projection), D the gradient of out
//
// The kernels of attention.cu own 64 queries and 128 columns per block; for 4 queries of 768 columns most of that work
// is for nothing. Here a block of 8 warps owns one query of one head and keeps a number per key in shared memory. A
// warp per key computes the dot products (4 keys at a time, for loads in flight), then the block the softmax, then
// every thread sums some columns over its share of the keys; the shares are added in order. Keys and values come from
// the second-level cache once per query.
//
// Dynamic shared memory: the query, 1 KB of partial sums and a number per key; backward two per key and the gradient's
// row. The limit is cache bandwidth and, for few blocks, its latency. Not yet measured on a card.
#include "attention.cuh"
#include "reduce.cuh"

using namespace attention;

namespace attention_few_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

constexpr int WARPS = 8;
constexpr int BLOCK = 32 * WARPS;
constexpr int KEYS = 4; // of a warp at a time
constexpr int PARTS = 4 * BLOCK;

template <class T> __device__ __forceinline__ void load_row(float* row, const T* from, int width) {
    for (int c = threadIdx.x; c < width; c += BLOCK) row[c] = load(from + c);
}

// dots[j] = product of `row` with row j of `rows`, for all j < count; a warp takes four rows at a time, PACK columns a
// load.
template <int PACK, class T>
__device__ __forceinline__ void row_dots(float* dots, const float* row, const T* rows, long long stride, int count,
                                         int width) {
    struct alignas(PACK * sizeof(T)) Group {
        T at[PACK];
    };
    const int lane = threadIdx.x % 32;
    for (int first = threadIdx.x / 32 * KEYS; first < count; first += WARPS * KEYS) {
        float sum[KEYS] = {};
        for (int c = lane * PACK; c < width; c += 32 * PACK) {
#pragma unroll
            for (int i = 0; i < KEYS; i++) {
                const int j = first + i < count ? first + i : count - 1;
                Group x = *reinterpret_cast<const Group*>(rows + j * stride + c);
#pragma unroll
                for (int e = 0; e < PACK; e++) sum[i] += row[c + e] * load(x.at + e);
            }
        }
#pragma unroll
        for (int i = 0; i < KEYS; i++) {
            sum[i] = warp_sum(sum[i]);
            if (lane == 0 && first + i < count) dots[first + i] = sum[i];
        }
    }
}

// result[c] = sum over j of weights[j] * rows[j][c]. Threads that are left when every group of PACK columns has one
// share the keys; `parts` [PARTS] holds their sums.
template <int PACK, class T, class Store>
__device__ __forceinline__ void weighted_rows(const float* weights, float* parts, const T* rows, long long stride,
                                              int count, int width, Store store) {
    struct alignas(PACK * sizeof(T)) Group {
        T at[PACK];
    };
    const int groups = width / PACK;
    const int shares = groups < BLOCK ? BLOCK / groups : 1;
    const int share = groups < BLOCK ? threadIdx.x / groups : 0;
    const int first = share < shares ? threadIdx.x - share * groups : groups; // the last threads may find no share left
    for (int g = first; g < groups; g += BLOCK) {
        float sum[PACK] = {};
#pragma unroll 4
        for (int j = share; j < count; j += shares) {
            Group x = *reinterpret_cast<const Group*>(rows + j * stride + g * PACK);
#pragma unroll
            for (int e = 0; e < PACK; e++) sum[e] += weights[j] * load(x.at + e);
        }
#pragma unroll
        for (int e = 0; e < PACK; e++) {
            if (shares == 1) {
                store(g * PACK + e, sum[e]);
            } else {
                parts[share * width + g * PACK + e] = sum[e];
            }
        }
    }
    if (shares == 1) return;
    __syncthreads();
    for (int c = threadIdx.x; c < width; c += BLOCK) {
        float sum = parts[c];
        for (int s = 1; s < shares; s++) sum += parts[s * width + c];
        store(c, sum);
    }
}

// Where a block's query lies.
struct Place {
    long long query, head, batch;

    __device__ __forceinline__ explicit Place(const Problem& p)
        : query(blockIdx.x % p.queries), head(blockIdx.x / p.queries % p.heads),
          batch(blockIdx.x / p.queries / p.heads) {}
};

// Replaces dot products by exp(score - max) and returns their sum.
__device__ __forceinline__ float soften(float* scores, const float* bias, int count, float scale, float& max) {
    max = -INFINITY;
    for (int j = threadIdx.x; j < count; j += BLOCK) {
        float score = scores[j] * scale;
        if (bias != nullptr) score += bias[j];
        scores[j] = score;
        max = fmaxf(max, score);
    }
    max = block_max(max, -INFINITY);
    float sum = 0;
    for (int j = threadIdx.x; j < count; j += BLOCK) {
        scores[j] = expf(scores[j] - max);
        sum += scores[j];
    }
    return block_sum(sum);
}

template <class T>
__device__ __forceinline__ void dots_of(float* dots, const float* row, const T* rows, long long stride, int count,
                                        int width, bool aligned) {
    if (aligned) {
        row_dots<4>(dots, row, rows, stride, count, width);
    } else {
        row_dots<1>(dots, row, rows, stride, count, width);
    }
}

template <class T, class Store>
__device__ __forceinline__ void sums_of(const float* weights, float* parts, const T* rows, long long stride, int count,
                                        int width, bool aligned, Store store) {
    if (aligned) {
        weighted_rows<4>(weights, parts, rows, stride, count, width, store);
    } else {
        weighted_rows<1>(weights, parts, rows, stride, count, width, store);
    }
}

template <class From, class To>
__device__ __forceinline__ void attend(const From* __restrict__ q, const From* __restrict__ k,
                                       const From* __restrict__ v, const float* __restrict__ bias, To* __restrict__ out,
                                       const Problem& p, float scale) {
    DYN_SHARED(float, parts);
    float* query = parts + PARTS;
    float* scores = query + p.width;
    const Place at(p);
    load_row(query, q + at.batch * p.queryBatch + at.query * p.queryRow + at.head * p.width, p.width);
    __syncthreads();
    dots_of(scores, query, k + at.batch * p.keyBatch + at.head * p.width, p.keyRow, p.keys, p.width,
            p.aligned & K_ALIGNED);
    __syncthreads();
    if (bias != nullptr) bias += at.batch * p.biasBatch + at.head * p.biasHead + at.query * p.biasQuery;
    float max;
    const float share = 1 / soften(scores, bias, p.keys, scale, max);
    out += at.batch * p.outBatch + at.query * p.outRow + at.head * p.valueWidth;
    sums_of(scores, parts, v + at.batch * p.valueBatch + at.head * p.valueWidth, p.valueRow, p.keys, p.valueWidth,
            p.aligned & V_ALIGNED, [=](int column, float sum) { store(out + column, sum * share); });
}

// statistics as attention_backward.cu keeps them, or null.
template <class From>
__device__ __forceinline__ void attend_backward(const From* __restrict__ q, const From* __restrict__ k,
                                                const From* __restrict__ v, const float* __restrict__ bias,
                                                const float* __restrict__ gradOut, float* gradQ, float* statistics,
                                                const Problem& p, long long gradBatch, long long gradRow, float scale) {
    DYN_SHARED(float, parts);
    float* query = parts + PARTS;
    float* grad = query + p.width;
    float* weights = grad + p.valueWidth;
    float* slopes = weights + p.keys;
    const Place at(p);
    load_row(query, q + at.batch * p.queryBatch + at.query * p.queryRow + at.head * p.width, p.width);
    load_row(grad, gradOut + at.batch * p.outBatch + at.query * p.outRow + at.head * p.valueWidth, p.valueWidth);
    __syncthreads();
    k += at.batch * p.keyBatch + at.head * p.width;
    v += at.batch * p.valueBatch + at.head * p.valueWidth;
    dots_of(weights, query, k, p.keyRow, p.keys, p.width, p.aligned & K_ALIGNED);
    dots_of(slopes, grad, v, p.valueRow, p.keys, p.valueWidth, p.aligned & V_ALIGNED);
    __syncthreads();
    if (bias != nullptr) bias += at.batch * p.biasBatch + at.head * p.biasHead + at.query * p.biasQuery;
    float max;
    const float share = 1 / soften(weights, bias, p.keys, scale, max);
    float projection = 0;
    for (int j = threadIdx.x; j < p.keys; j += BLOCK) projection += weights[j] * share * slopes[j];
    projection = block_sum(projection);
    for (int j = threadIdx.x; j < p.keys; j += BLOCK) weights[j] *= share * (slopes[j] - projection);
    __syncthreads();
    if (statistics != nullptr && threadIdx.x == 0) {
        const long long all = p.batches * p.heads * p.queries;
        statistics[blockIdx.x] = max;
        statistics[all + blockIdx.x] = share;
        statistics[2 * all + blockIdx.x] = projection;
    }
    gradQ += at.batch * gradBatch + at.query * gradRow + at.head * p.width;
    sums_of(weights, parts, k, p.keyRow, p.keys, p.width, p.aligned & K_ALIGNED,
            [=](int column, float sum) { gradQ[column] += scale * sum; });
}

} // namespace attention_few_parts
using namespace attention_few_parts;

#define ATTENTION_FEW(NAME, FROM, TO)                                                                                  \
    KERNEL void __launch_bounds__(BLOCK, 2) NAME(const FROM* q, const FROM* k, const FROM* v, const float* bias,       \
                                                 TO* out, const Problem problem, float scale) {                        \
        attend(q, k, v, bias, out, problem, scale);                                                                    \
    }                                                                                                                  \
    EXPORT_KERNEL(NAME)

ATTENTION_FEW(attention_few_f32_f32, float, float)
ATTENTION_FEW(attention_few_f32_bf16, float, __nv_bfloat16)
ATTENTION_FEW(attention_few_bf16_f32, __nv_bfloat16, float)
ATTENTION_FEW(attention_few_bf16_bf16, __nv_bfloat16, __nv_bfloat16)

#define ATTENTION_FEW_BACKWARD(NAME, FROM)                                                                             \
    KERNEL void __launch_bounds__(BLOCK, 2) NAME(                                                                      \
        const FROM* q, const FROM* k, const FROM* v, const float* bias, const float* gradOut, float* gradQ,            \
        float* statistics, const Problem problem, long long gradBatch, long long gradRow, float scale) {               \
        attend_backward(q, k, v, bias, gradOut, gradQ, statistics, problem, gradBatch, gradRow, scale);                \
    }                                                                                                                  \
    EXPORT_KERNEL(NAME)

ATTENTION_FEW_BACKWARD(attention_few_backward_f32, float)
ATTENTION_FEW_BACKWARD(attention_few_backward_bf16, __nv_bfloat16)
