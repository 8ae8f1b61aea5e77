// Attention of bf16 operands between the tokens of a grid with relative positions by row and column, on the tensor cores:
// out = softmax(scale q k^T + positions) v, no score matrix; the positions are explained in grid_attention.cuh.
//
//   grid_attention_mma_WIDTH     heads of up to WIDTH columns; out F32 or bf16
//
// Keys and values pass by the 64 queries of a block (attention_mma.cuh) in tiles of up to 64, two pairs of tiles by
// turns, as in attention_mma.cu. The terms of the positions are made before on the tensor cores, too: a table's F32
// numbers are split into two bf16 that hold 16 of their digits, one tile of each in the pair that is free by then, and
// the two products are added. So nothing but the queries and the weights is rounded to 8 digits.
//
// Registers: 32 column terms per thread on top of what attention_mma.cu needs, up to 240 for WIDTH 80, so that 2 blocks
// share an SM. Dynamic shared memory: 17 KB for the queries and, as soon as these are in registers, the terms; and 4 tiles:
// 62 KB for WIDTH 80. The limit is the rate of mma.sync and of the exponentials. Work for terms: 3 tiles of products with
// tables for 64 tiles of keys in a grid of 64 x 64, two halves of one for 4 in a window of 14 x 14. Not yet measured on a
// card.
#include "attention_mma.cuh"
#include "grid_attention.cuh"

using namespace attention_mma;
using namespace grid_attention;

namespace grid_attention_mma_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

static_assert(TERMS * sizeof(float) >= TILE * (128 + 8) * sizeof(__nv_bfloat16), "terms lie where queries were");

// Splits `count` rows of a table into tiles of their upper digits and of what these lack.
template <int WIDTH>
__device__ __forceinline__ void stage_split(__nv_bfloat16* pair, const float* rows, int count, int width,
                                            bool aligned) {
    constexpr int GROUPS = WIDTH / 8;
    for (int i = threadIdx.x; i < TILE * GROUPS; i += THREADS) {
        const int row = i / GROUPS;
        const int column = i % GROUPS * 8;
        float x[8] = {};
        if (row < count && column < width) {
            const float* from = rows + (long long)row * width + column;
            if (aligned && column + 8 <= width) {
                load8(from, x);
            } else {
#pragma unroll
                for (int e = 0; e < 8; e++) {
                    if (column + e < width) x[e] = from[e];
                }
            }
        }
        float rest[8];
#pragma unroll
        for (int e = 0; e < 8; e++) {
            const float upper = __bfloat162float(__float2bfloat16(x[e]));
            rest[e] = fabsf(upper) < INFINITY ? x[e] - upper : 0;
        }
        store8(pair + row * (WIDTH + 8) + column, x);
        store8(pair + TILE * (WIDTH + 8) + row * (WIDTH + 8) + column, rest);
    }
}

// The terms of the block's queries for `count` rows or columns of keys from `first` on. A warp reads its own terms only.
template <bool BY_ROW, int WIDTH>
__device__ __forceinline__ void put_terms(float* terms, __nv_bfloat16* pair, const WarpRows<WIDTH>& own, int first,
                                          int count, const Part& part, const Problem& p, const Grid& grid) {
    const Axis axis = BY_ROW ? Axis::rows(grid, part) : Axis::columns(grid, part);
    const int end = axis.end(first);
#pragma unroll 1
    for (int row = axis.begin(first, count); row < end; row += TILE) {
        const int rows = least(end - row, TILE);
        __syncthreads(); // the pair, and where the terms go, may still be read
        stage_split<WIDTH>(pair, axis.table + row * p.width, rows, (int)p.width, axis.aligned);
        __syncthreads();
        float s[TILE / 8][4];
        clear(s);
        own.add_dots(s, pair, rows);
        own.add_dots(s, pair + TILE * (WIDTH + 8), rows);
#pragma unroll
        for (int r = 0; r < 2; r++) {
            // Rows beyond the last query get its terms: they are read like the others.
            const int token = (int)part.firstQuery + least(warp_row(r), part.rows - 1);
            const int at = BY_ROW ? token / (int)grid.width : token % (int)grid.width;
#pragma unroll
            for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
                for (int e = 2 * r; e < 2 * r + 2; e++) {
                    axis.put(terms + warp_row(r) * TERM_STRIDE, s[n][e], at, row + tile_column(n, e), first, count);
                }
            }
        }
    }
    __syncthreads(); // the pair is free
}

// Turns dot products into scores. `terms` are those of the tile's first row, for the block's first query.
__device__ __forceinline__ void to_scores(float (&s)[TILE / 8][4], const float (&columnTerms)[TILE / 8][4],
                                          const float* terms, const GridTile& tile, int count, float scale) {
#pragma unroll
    for (int r = 0; r < 2; r++) {
        const float* own = terms + warp_row(r) * TERM_STRIDE;
        const float only = own[0];
#pragma unroll
        for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
            for (int e = 2 * r; e < 2 * r + 2; e++) {
                const int key = tile_column(n, e);
                const float term = tile.rows == 1 || key >= count ? only : own[tile.row(key)];
                s[n][e] = key < count ? s[n][e] * scale + columnTerms[n][e] + term : -INFINITY;
            }
        }
    }
}

template <int WIDTH>
__device__ __forceinline__ void attend(const __nv_bfloat16* __restrict__ q, const __nv_bfloat16* __restrict__ k,
                                       const __nv_bfloat16* __restrict__ v, void* __restrict__ out, bool half,
                                       const Problem& p, const Grid& grid, float scale) {
    constexpr int SIZE = TILE * (WIDTH + 8);
    DYN_SHARED(float, terms); // where the queries were
    __nv_bfloat16* const queries = reinterpret_cast<__nv_bfloat16*>(terms);
    __nv_bfloat16* const pairs = reinterpret_cast<__nv_bfloat16*>(terms + TERMS);
    const Part part(p, WIDTH);
    k += part.key(p);
    v += part.value(p);

    fetch<WIDTH>(queries, q + part.query(p), p.queryRow, part.rows, p.width, p.aligned & Q_ALIGNED);
    copy_async_commit();
    copy_async_wait<0>();
    __syncthreads();
    WarpRows<WIDTH> own(queries);
    const bool working = (int)threadIdx.x / 32 * 16 < part.rows;

#pragma unroll 1
    for (int left = 0; left < grid.width; left += TILE) {
        const GridTile tile(grid, left, TILE);
        float columnTerms[TILE / 8][4];
#pragma unroll 1
        for (int top = 0; top < grid.height; top += MOST_TERMS) {
            const int height = least(grid.height - top, MOST_TERMS);
            const auto count = [&](int line) { return least(height - line, tile.rows) * tile.columns; };
            const auto fetchTiles = [&](int line, int turn) {
                const long long firstKey = (top + line) * grid.width + left;
                fetch_pair<WIDTH>(pairs + 2 * SIZE * turn, k + firstKey * p.keyRow, v + firstKey * p.valueRow,
                                  count(line), p);
            };
            fetchTiles(0, 0); // under way while terms are made
            if (top == 0) {
                put_terms<false>(terms, pairs + 2 * SIZE, own, left, tile.columns, part, p, grid);
#pragma unroll
                for (int n = 0; n < TILE / 8; n++) {
#pragma unroll
                    for (int e = 0; e < 4; e++) {
                        columnTerms[n][e] = terms[warp_row(e / 2) * TERM_STRIDE + tile.column(tile_column(n, e))];
                    }
                }
            }
            put_terms<true>(terms, pairs + 2 * SIZE, own, top, height, part, p, grid);

            int turn = 0;
#pragma unroll 1
            for (int line = 0; line < height; line += tile.rows) {
                if (line + tile.rows < height) {
                    fetchTiles(line + tile.rows, 1 - turn);
                    copy_async_wait<1>();
                } else {
                    copy_async_wait<0>();
                }
                __syncthreads();
                if (working) {
                    const __nv_bfloat16* keys = pairs + 2 * SIZE * turn;
                    float s[TILE / 8][4];
                    clear(s);
                    own.add_dots(s, keys, count(line));
                    to_scores(s, columnTerms, terms + line, tile, count(line), scale);
                    own.soften(s);
                    own.add(s, keys + SIZE, count(line));
                }
                __syncthreads(); // the next round overwrites this pair
                turn = 1 - turn;
            }
        }
    }
    own.put(out, half, part, p);
}

} // namespace grid_attention_mma_parts
using namespace grid_attention_mma_parts;

#define GRID_ATTENTION_MMA(WIDTH)                                                                                      \
    KERNEL void __launch_bounds__(THREADS, 2)                                                                          \
        grid_attention_mma_##WIDTH(const __nv_bfloat16* q, const __nv_bfloat16* k, const __nv_bfloat16* v, void* out,  \
                                   int half, const Problem problem, const Grid grid, float scale) {                    \
        attend<WIDTH>(q, k, v, out, half != 0, problem, grid, scale);                                                  \
    }                                                                                                                  \
    EXPORT_KERNEL(grid_attention_mma_##WIDTH)

GRID_ATTENTION_MMA(32)
GRID_ATTENTION_MMA(64)
GRID_ATTENTION_MMA(80)
GRID_ATTENTION_MMA(128)
