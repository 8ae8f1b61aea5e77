// Multi-head attention of bf16 operands on the tensor cores: out = softmax(scale q k^T + bias) v, no score matrix.
//
//   attention_mma_WIDTH     heads of up to WIDTH columns; out F32 or bf16
//
// A block of 4 warps owns 64 queries of one head, a warp 16 of them, as fragments in registers (mma.cuh). Keys and
// values pass by in tiles of 64, two pairs of tiles by turns, so that the next one is copied while this one is worked
// on. The scores of a tile stay in the accumulators they were made in; exponentiated against the running maximum (F32,
// expf) and rounded to bf16 they are, as they lie, the left operand of the product with the values. Tiles are padded
// with zeros; groups of 16 keys beyond the last key and warps without a query are left out, which halves the waste at
// 257 tokens.
//
// Dynamic shared memory: 5 tiles of 64 rows of WIDTH + 8 bf16 (the padding puts the 8 rows of a matrix into different
// banks): 55 KB for WIDTH 80, 4 blocks on an SM of 228 KB. The limit is the rate of mma.sync, which on Hopper is below
// that of wgmma, and at WIDTH 80 nearly as much the exponentials. Not yet measured on a card.
#include "attention.cuh"
#include "mma.cuh"

using namespace attention;

namespace attention_mma_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

constexpr int TILE = 64; // rows of a tile

// Starts to fill a tile with `count` rows of `width` columns, and zeros around them.
template <int WIDTH>
__device__ __forceinline__ void fetch(__nv_bfloat16* tile, const __nv_bfloat16* rows, long long stride, int count,
                                      int width, bool aligned) {
    constexpr int GROUPS = WIDTH / 8;
    for (int i = threadIdx.x; i < TILE * GROUPS; i += THREADS) {
        const int row = i / GROUPS;
        const int column = i % GROUPS * 8;
        const bool inside = row < count && column < width;
        const __nv_bfloat16* from = inside ? rows + row * stride + column : rows;
        __nv_bfloat16* to = tile + row * (WIDTH + 8) + column;
        if (aligned) {
            copy_async_16(to, from, inside);
        } else {
#pragma unroll
            for (int e = 0; e < 8; e++) to[e] = inside && column + e < width ? from[e] : __ushort_as_bfloat16(0);
        }
    }
}

// The largest number, or the sum, of the 4 lanes that share a row of an accumulator.
__device__ __forceinline__ float quad_max(float x) {
    x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 1));
    return fmaxf(x, __shfl_xor_sync(0xffffffffu, x, 2));
}
__device__ __forceinline__ float quad_sum(float x) {
    x += __shfl_xor_sync(0xffffffffu, x, 1);
    return x + __shfl_xor_sync(0xffffffffu, x, 2);
}

// Queries of a warp with their running softmax and weighted sums.
template <int WIDTH> struct WarpRows {
    unsigned queries[WIDTH / 16][4];
    float sums[WIDTH / 8][4];
    float max[2]; // of the rows g and g + 8
    float sum[2]; // the lane's share

    __device__ __forceinline__ explicit WarpRows(const __nv_bfloat16* tile) {
        const int lane = threadIdx.x % 32;
        const __nv_bfloat16* row = tile + (threadIdx.x / 32 * 16 + lane % 16) * (WIDTH + 8) + lane / 16 * 8;
#pragma unroll
        for (int d = 0; d < WIDTH / 16; d++) load_matrices(queries[d], row + 16 * d);
#pragma unroll
        for (int c = 0; c < WIDTH / 8; c++) {
#pragma unroll
            for (int e = 0; e < 4; e++) sums[c][e] = 0;
        }
        max[0] = max[1] = -INFINITY;
        sum[0] = sum[1] = 0;
    }

    // Dot products with the first `count` keys of a tile; minus infinity where there is none.
    __device__ __forceinline__ void dots(float (&s)[TILE / 8][4], const __nv_bfloat16* keys, int count, float scale) {
        const int lane = threadIdx.x % 32;
        const __nv_bfloat16* row = keys + (lane / 16 * 8 + lane % 8) * (WIDTH + 8) + lane / 8 % 2 * 8;
#pragma unroll
        for (int n = 0; n < TILE / 8; n += 2) {
#pragma unroll
            for (int e = 0; e < 4; e++) s[n][e] = s[n + 1][e] = 0;
            if (8 * n < count) {
#pragma unroll
                for (int d = 0; d < WIDTH / 16; d++) {
                    unsigned b[4];
                    load_matrices(b, row + 8 * n * (WIDTH + 8) + 16 * d);
                    mma_bf16(s[n], queries[d], b[0], b[1]);
                    mma_bf16(s[n + 1], queries[d], b[2], b[3]);
                }
            }
#pragma unroll
            for (int e = 0; e < 8; e++) {
                const int key = 8 * (n + e / 4) + 2 * (lane % 4) + e % 2;
                float& x = s[n + e / 4][e % 4];
                x = key < count ? x * scale : -INFINITY;
            }
        }
    }

    // Scores become weights relative to the maximum so far, to which earlier sums are shrunk.
    __device__ __forceinline__ void soften(float (&s)[TILE / 8][4]) {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            float top = max[r];
#pragma unroll
            for (int n = 0; n < TILE / 8; n++) top = fmaxf(top, fmaxf(s[n][2 * r], s[n][2 * r + 1]));
            top = quad_max(top);
            const float base = top == -INFINITY ? 0 : top; // without any, sums stay 0; 0 / 0 is NaN in the end
            const float shrink = expf(max[r] - base);
            sum[r] *= shrink;
#pragma unroll
            for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
                for (int e = 2 * r; e < 2 * r + 2; e++) {
                    s[n][e] = expf(s[n][e] - base);
                    sum[r] += s[n][e];
                }
            }
#pragma unroll
            for (int c = 0; c < WIDTH / 8; c++) {
                sums[c][2 * r] *= shrink;
                sums[c][2 * r + 1] *= shrink;
            }
            max[r] = top;
        }
    }

    // sums += weights times the first `count` rows of a tile.
    __device__ __forceinline__ void add(const float (&s)[TILE / 8][4], const __nv_bfloat16* values, int count) {
        const int lane = threadIdx.x % 32;
        const __nv_bfloat16* row = values + lane % 16 * (WIDTH + 8) + lane / 16 * 8;
#pragma unroll
        for (int n = 0; n < TILE / 8; n += 2) {
            if (8 * n >= count) continue;
            const unsigned a[4] = {pack_bf16(s[n][0], s[n][1]), pack_bf16(s[n][2], s[n][3]),
                                   pack_bf16(s[n + 1][0], s[n + 1][1]), pack_bf16(s[n + 1][2], s[n + 1][3])};
#pragma unroll
            for (int d = 0; d < WIDTH / 16; d++) {
                unsigned b[4];
                load_matrices_transposed(b, row + 8 * n * (WIDTH + 8) + 16 * d);
                mma_bf16(sums[2 * d], a, b[0], b[1]);
                mma_bf16(sums[2 * d + 1], a, b[2], b[3]);
            }
        }
    }
};

// Adds the bias of rows g and g + 8 of the warp to their scores.
__device__ __forceinline__ void add_bias(float (&s)[TILE / 8][4], const float* bias, long long stride, int rows,
                                         int count) {
    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int e = 0; e < 4; e++) {
        const int row = threadIdx.x / 32 * 16 + lane / 4 + e / 2 * 8;
        if (row >= rows) continue;
#pragma unroll
        for (int n = 0; n < TILE / 8; n++) {
            const int key = 8 * n + 2 * (lane % 4) + e % 2;
            if (key < count) s[n][e] += bias[row * stride + key];
        }
    }
}

template <class To>
__device__ __forceinline__ void put_pair(To* to, float x, float y, int columns, bool aligned) {
    struct alignas(2 * sizeof(To)) Pair {
        To x, y;
    };
    Pair pair;
    store(&pair.x, x);
    store(&pair.y, y);
    if (aligned && columns > 1) {
        *reinterpret_cast<Pair*>(to) = pair;
    } else {
        if (columns > 0) to[0] = pair.x;
        if (columns > 1) to[1] = pair.y;
    }
}

template <int WIDTH>
__device__ __forceinline__ void attend(const __nv_bfloat16* __restrict__ q, const __nv_bfloat16* __restrict__ k,
                                       const __nv_bfloat16* __restrict__ v, const float* __restrict__ bias,
                                       void* __restrict__ out, bool half, const Problem& p, float scale) {
    constexpr int SIZE = TILE * (WIDTH + 8);
    DYN_SHARED(__nv_bfloat16, shared); // the queries, then pairs of keys and values
    const long long tiles = (p.queries + TILE - 1) / TILE;
    const long long firstQuery = blockIdx.x % tiles * TILE;
    const long long head = blockIdx.x / tiles % p.heads;
    const long long batch = blockIdx.x / tiles / p.heads;
    q += batch * p.queryBatch + firstQuery * p.queryRow + head * p.width;
    k += batch * p.keyBatch + head * p.width;
    v += batch * p.valueBatch + head * p.valueWidth;
    if (bias != nullptr) bias += batch * p.biasBatch + head * p.biasHead + firstQuery * p.biasQuery;
    const int rows = least(p.queries - firstQuery, TILE);

    const auto fetchPair = [&](long long firstKey, int turn) {
        __nv_bfloat16* keys = shared + SIZE * (1 + 2 * turn);
        const int count = least(p.keys - firstKey, TILE);
        fetch<WIDTH>(keys, k + firstKey * p.keyRow, p.keyRow, count, p.width, p.aligned & K_ALIGNED);
        fetch<WIDTH>(keys + SIZE, v + firstKey * p.valueRow, p.valueRow, count, p.valueWidth, p.aligned & V_ALIGNED);
        copy_async_commit();
    };
    fetch<WIDTH>(shared, q, p.queryRow, rows, p.width, p.aligned & Q_ALIGNED);
    copy_async_commit();
    fetchPair(0, 0);
    copy_async_wait<1>();
    __syncthreads();
    WarpRows<WIDTH> own(shared);
    const bool working = (int)threadIdx.x / 32 * 16 < rows;

    int turn = 0;
    for (long long firstKey = 0; firstKey < p.keys; firstKey += TILE) {
        if (firstKey + TILE < p.keys) {
            fetchPair(firstKey + TILE, 1 - turn);
            copy_async_wait<1>();
        } else {
            copy_async_wait<0>();
        }
        __syncthreads();
        if (working) {
            const __nv_bfloat16* keys = shared + SIZE * (1 + 2 * turn);
            const int count = least(p.keys - firstKey, TILE);
            float s[TILE / 8][4];
            own.dots(s, keys, count, scale);
            if (bias != nullptr) add_bias(s, bias + firstKey, p.biasQuery, rows, count);
            own.soften(s);
            own.add(s, keys + SIZE, count);
        }
        __syncthreads(); // the next round overwrites this pair
        turn = 1 - turn;
    }

    const int lane = threadIdx.x % 32;
#pragma unroll
    for (int r = 0; r < 2; r++) {
        const float share = 1 / quad_sum(own.sum[r]);
        const int row = threadIdx.x / 32 * 16 + lane / 4 + 8 * r;
        if (row >= rows) continue;
        const long long at = batch * p.outBatch + (firstQuery + row) * p.outRow + head * p.valueWidth;
#pragma unroll
        for (int c = 0; c < WIDTH / 8; c++) {
            const int column = 8 * c + 2 * (lane % 4);
            const int left = p.valueWidth - column;
            const float x = own.sums[c][2 * r] * share;
            const float y = own.sums[c][2 * r + 1] * share;
            if (half) {
                put_pair(static_cast<__nv_bfloat16*>(out) + at + column, x, y, left, p.aligned & OUT_ALIGNED);
            } else {
                put_pair(static_cast<float*>(out) + at + column, x, y, left, p.aligned & OUT_ALIGNED);
            }
        }
    }
}

} // namespace attention_mma_parts
using namespace attention_mma_parts;

#define ATTENTION_MMA(WIDTH)                                                                                           \
    KERNEL void __launch_bounds__(THREADS, 2)                                                                          \
        attention_mma_##WIDTH(const __nv_bfloat16* q, const __nv_bfloat16* k, const __nv_bfloat16* v,                  \
                              const float* bias, void* out, int half, const Problem problem, float scale) {            \
        attend<WIDTH>(q, k, v, bias, out, half != 0, problem, scale);                                                  \
    }                                                                                                                  \
    EXPORT_KERNEL(attention_mma_##WIDTH)

ATTENTION_MMA(32)
ATTENTION_MMA(64)
ATTENTION_MMA(80)
ATTENTION_MMA(128)
