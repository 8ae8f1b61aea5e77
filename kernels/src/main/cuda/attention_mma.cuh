// What the attention kernels on the tensor cores share: tiles of bf16, and the queries of a warp.
//
// A block of 4 warps owns 64 queries of one head, a warp 16 of them, as fragments in registers (mma.cuh). Keys and
// values come in tiles of 64 rows of WIDTH + 8 bf16: the padding puts the 8 rows of a matrix into different banks. The
// scores of a tile stay in the accumulators they were made in; exponentiated against the running maximum (F32, expf)
// and rounded to bf16 they are, as they lie, the left operand of the product with the values. Tiles are padded with
// zeros; groups of 16 rows beyond the last one and warps without a query are left out.
#pragma once
#include "attention.cuh"
#include "mma.cuh"

namespace attention_mma {
using namespace attention;

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

// Rows g and g + 8 of the warp, r = 0 and 1, as rows of the block.
__device__ __forceinline__ int warp_row(int r) { return threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4 + 8 * r; }

// The column of element e % 2 of the n-th accumulator.
__device__ __forceinline__ int tile_column(int n, int e) { return 8 * n + 2 * (threadIdx.x % 4) + e % 2; }

__device__ __forceinline__ void clear(float (&s)[TILE / 8][4]) {
#pragma unroll
    for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
        for (int e = 0; e < 4; e++) s[n][e] = 0;
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

    // s += dot products with the first `count` (rounded up to 16) rows of a tile.
    __device__ __forceinline__ void add_dots(float (&s)[TILE / 8][4], const __nv_bfloat16* rows, int count) const {
        const int lane = threadIdx.x % 32;
        const __nv_bfloat16* row = rows + (lane / 16 * 8 + lane % 8) * (WIDTH + 8) + lane / 8 % 2 * 8;
#pragma unroll
        for (int n = 0; n < TILE / 8; n += 2) {
            if (8 * n >= count) continue;
#pragma unroll
            for (int d = 0; d < WIDTH / 16; d++) {
                unsigned b[4];
                load_matrices(b, row + 8 * n * (WIDTH + 8) + 16 * d);
                mma_bf16(s[n], queries[d], b[0], b[1]);
                mma_bf16(s[n + 1], queries[d], b[2], b[3]);
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

    // Stores the sums, divided by those of the weights; `out` is the whole tensor.
    __device__ __forceinline__ void put(void* out, bool half, const Part& part, const Problem& p) const {
#pragma unroll
        for (int r = 0; r < 2; r++) {
            const float share = 1 / quad_sum(sum[r]);
            const int row = warp_row(r);
            if (row >= part.rows) continue;
            const long long at = part.out(p) + row * p.outRow;
#pragma unroll
            for (int c = 0; c < WIDTH / 8; c++) {
                const int column = 8 * c + 2 * (threadIdx.x % 4);
                const int left = part.columns - column;
                const float x = sums[c][2 * r] * share;
                const float y = sums[c][2 * r + 1] * share;
                if (half) {
                    put_pair(static_cast<__nv_bfloat16*>(out) + at + column, x, y, left, p.aligned & OUT_ALIGNED);
                } else {
                    put_pair(static_cast<float*>(out) + at + column, x, y, left, p.aligned & OUT_ALIGNED);
                }
            }
        }
    }
};

// Starts to fill a pair of tiles with keys and values.
template <int WIDTH>
__device__ __forceinline__ void fetch_pair(__nv_bfloat16* pair, const __nv_bfloat16* k, const __nv_bfloat16* v,
                                           int count, const Problem& p) {
    fetch<WIDTH>(pair, k, p.keyRow, count, p.width, p.aligned & K_ALIGNED);
    fetch<WIDTH>(pair + TILE * (WIDTH + 8), v, p.valueRow, count, p.valueWidth, p.aligned & V_ALIGNED);
    copy_async_commit();
}

} // namespace attention_mma
