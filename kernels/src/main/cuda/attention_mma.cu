// Multi-head attention of bf16 operands on the tensor cores: out = softmax(scale q k^T + bias) v, no score matrix.
//
//   attention_mma_WIDTH     heads of up to WIDTH columns; out F32 or bf16
//
// Keys and values pass by the 64 queries of a block (attention_mma.cuh) in tiles of 64, two pairs of tiles by turns, so
// that the next one is copied while this one is worked on. Leaving out empty groups of keys halves the waste at 257
// tokens.
//
// Dynamic shared memory: 5 tiles, 55 KB for WIDTH 80, 4 blocks on an SM of 228 KB. The limit is the rate of mma.sync,
// which on Hopper is below that of wgmma, and at WIDTH 80 nearly as much the exponentials. Not yet measured on a card.
#include "attention_mma.cuh"

using namespace attention_mma;

namespace attention_mma_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

// Turns dot products into scores: scaled, minus infinity where there is no key.
__device__ __forceinline__ void to_scores(float (&s)[TILE / 8][4], int count, float scale) {
#pragma unroll
    for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) s[n][e] = tile_column(n, e) < count ? s[n][e] * scale : -INFINITY;
    }
}

// Adds the bias of rows g and g + 8 of the warp to their scores.
__device__ __forceinline__ void add_bias(float (&s)[TILE / 8][4], const float* bias, long long stride, int rows,
                                         int count) {
#pragma unroll
    for (int e = 0; e < 4; e++) {
        const int row = warp_row(e / 2);
        if (row >= rows) continue;
#pragma unroll
        for (int n = 0; n < TILE / 8; n++) {
            const int key = tile_column(n, e);
            if (key < count) s[n][e] += bias[row * stride + key];
        }
    }
}

template <int WIDTH>
__device__ __forceinline__ void attend(const __nv_bfloat16* __restrict__ q, const __nv_bfloat16* __restrict__ k,
                                       const __nv_bfloat16* __restrict__ v, const float* __restrict__ bias,
                                       void* __restrict__ out, bool half, const Problem& p, float scale) {
    constexpr int SIZE = TILE * (WIDTH + 8);
    DYN_SHARED(__nv_bfloat16, shared); // the queries, then pairs of keys and values
    const Part part(p, WIDTH);
    q += part.query(p);
    k += part.key(p);
    v += part.value(p);
    if (bias != nullptr) bias += part.bias(p);

    const auto fetchTiles = [&](long long firstKey, int turn) {
        fetch_pair<WIDTH>(shared + SIZE * (1 + 2 * turn), k + firstKey * p.keyRow, v + firstKey * p.valueRow,
                          least(p.keys - firstKey, TILE), p);
    };
    fetch<WIDTH>(shared, q, p.queryRow, part.rows, p.width, p.aligned & Q_ALIGNED);
    copy_async_commit();
    fetchTiles(0, 0);
    copy_async_wait<1>();
    __syncthreads();
    WarpRows<WIDTH> own(shared);
    const bool working = (int)threadIdx.x / 32 * 16 < part.rows;

    int turn = 0;
    for (long long firstKey = 0; firstKey < p.keys; firstKey += TILE) {
        if (firstKey + TILE < p.keys) {
            fetchTiles(firstKey + TILE, 1 - turn);
            copy_async_wait<1>();
        } else {
            copy_async_wait<0>();
        }
        __syncthreads();
        if (working) {
            const __nv_bfloat16* keys = shared + SIZE * (1 + 2 * turn);
            const int count = least(p.keys - firstKey, TILE);
            float s[TILE / 8][4];
            clear(s);
            own.add_dots(s, keys, count);
            to_scores(s, count, scale);
            if (bias != nullptr) add_bias(s, bias + firstKey, p.biasQuery, part.rows, count);
            own.soften(s);
            own.add(s, keys + SIZE, count);
        }
        __syncthreads(); // the next round overwrites this pair
        turn = 1 - turn;
    }
    own.put(out, half, part, p);
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
