// Attention between the tokens of a grid with relative positions by row and column, on the FMA units:
// out = softmax(scale q k^T + positions) v, no score matrix; the positions are explained in grid_attention.cuh.
//
//   grid_attention_FROM_WIDTH     q, k, v of type FROM, for heads of up to WIDTH columns; out F32 or bf16
//
// A block owns 64 queries of one head and streams the keys past them in steps of up to 32, as attention.cu does, which
// says more of mapping, softmax and wide heads: tiles and arithmetic are the same. The bf16 kernel is for heads of more
// than 128 columns; narrower ones have grid_attention_mma.cu.
//
// A query's terms are those of 32 rows and, beside them, those of a tile's keys by column. Dynamic shared memory: that of
// attention.cu and 17 KB of terms: 69 KB for WIDTH 80, 3 blocks on an SM of 228 KB, 94 KB for 128. The limit is F32 FMA
// throughput; the terms take the dots of two steps more than seven in a window of 14 x 14, of ten more than 128 in a grid
// of 64 x 64. Not yet measured on a card.
#include "grid_attention.cuh"

using namespace grid_attention;

namespace grid_attention_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

// The terms of the block's queries for `count` rows or columns of keys from `first` on. A warp reads its own terms only.
template <bool BY_ROW, int WIDTH, class From>
__device__ __forceinline__ void put_terms(float* terms, const KeyTiles<WIDTH>& tiles, int first, int count,
                                          const From* q, const Part& part, const Problem& p, const Grid& grid) {
    const Axis axis = BY_ROW ? Axis::rows(grid, part) : Axis::columns(grid, part);
    const Lane lane;
    const int end = axis.end(first);
#pragma unroll 1
    for (int row = axis.begin(first, count); row < end; row += COLUMNS) {
        float s[OWN][OWN];
        clear(s);
        for (int d = 0; d < p.width; d += WIDTH) {
            const int depth = least(p.width - d, WIDTH);
            __syncthreads(); // the tiles may still be read
            if (p.width > WIDTH) {
                stage<ROWS, WIDTH>(tiles.queries, q + d, p.queryRow, part.rows, depth, p.aligned & Q_ALIGNED);
            }
            stage<COLUMNS, WIDTH>(tiles.keys, axis.table + row * p.width + d, p.width, least(end - row, COLUMNS), depth,
                                  axis.aligned);
            __syncthreads();
            add_dots<WIDTH>(s, tiles.queries, tiles.keys, depth);
        }
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            // Rows beyond the last query get its terms: they are read like the others.
            const int token = (int)part.firstQuery + least(lane.row + 4 * i, part.rows - 1);
            const int at = BY_ROW ? token / (int)grid.width : token % (int)grid.width;
#pragma unroll
            for (int j = 0; j < OWN; j++) {
                axis.put(terms + (lane.row + 4 * i) * TERM_STRIDE, s[i][j], at, row + lane.column + 8 * j, first, count);
            }
        }
    }
    __syncwarp();
}

// Repeats terms by column for every row of a tile of keys.
__device__ __forceinline__ void spread(float* terms, const GridTile& tile) {
    const Lane lane;
    float own[OWN][OWN];
#pragma unroll
    for (int i = 0; i < OWN; i++) {
#pragma unroll
        for (int j = 0; j < OWN; j++) {
            own[i][j] = terms[(lane.row + 4 * i) * TERM_STRIDE + tile.column(lane.column + 8 * j)];
        }
    }
    put_tile<TERM_STRIDE>(terms, own);
}

// Turns dot products into scores; terms as they lie for the block's first query, those by row from the tile's on.
__device__ __forceinline__ void to_scores(float (&s)[OWN][OWN], const float* rowTerms, const float* columnTerms,
                                          const GridTile& tile, int count, float scale) {
    const Lane lane;
#pragma unroll
    for (int i = 0; i < OWN; i++) {
        const int query = (lane.row + 4 * i) * TERM_STRIDE;
#pragma unroll
        for (int j = 0; j < OWN; j++) {
            const int key = lane.column + 8 * j;
            s[i][j] = key < count
                ? s[i][j] * scale + columnTerms[query + key] + rowTerms[query + tile.row(key)] : -INFINITY;
        }
    }
}

template <class From, int WIDTH>
__device__ __forceinline__ void attend(const From* __restrict__ q, const From* __restrict__ k,
                                       const From* __restrict__ v, void* __restrict__ out, bool half, const Problem& p,
                                       const Grid& grid, float scale) {
    DYN_SHARED(float, shared);
    const KeyTiles<WIDTH> tiles(shared);
    float* terms = shared + KeyTiles<WIDTH>::FLOATS;
    const Part part(p, WIDTH);
    q += part.query(p);
    k += part.key(p);
    v += part.value(p);
    if (p.width <= WIDTH) {
        stage<ROWS, WIDTH>(tiles.queries, q, p.queryRow, part.rows, (int)p.width, p.aligned & Q_ALIGNED);
    }
    RunningSoftmax softmax;
    float sums[OWN][WIDTH / 8] = {};
    // One loop and not one in another: with three of them ptxas runs out of registers.
    int left = 0, top = 0, line = 0; // first column and row of the chunk, row of the tile
    GridTile tile(grid, left, COLUMNS);
#pragma unroll 1
    while (left < grid.width) {
        if (line == 0) {
            put_terms<false>(terms + COLUMNS, tiles, left, tile.columns, q, part, p, grid);
            spread(terms + COLUMNS, tile);
        }
        if (line == top) put_terms<true>(terms, tiles, top, least(grid.height - top, COLUMNS), q, part, p, grid);
        const int count = least(grid.height - line, tile.rows) * tile.columns;
        const long long firstKey = line * grid.width + left;
        float s[OWN][OWN];
        tiles.dots(s, q, k + firstKey * p.keyRow, v + firstKey * p.valueRow, count, false, part, p);
        to_scores(s, terms + line - top, terms + COLUMNS, tile, count, scale);
        tiles.add(sums, softmax, s, count);
        line += tile.rows;
        if (line >= grid.height) {
            line = top = 0;
            left += COLUMNS;
            tile = GridTile(grid, left, COLUMNS);
        } else if (line - top + tile.rows > COLUMNS) {
            top = line;
        }
    }
    softmax.finish();
    put_result<WIDTH>(sums, softmax, out, half, part, p);
}

} // namespace grid_attention_parts
using namespace grid_attention_parts;

// BLOCKS on an SM at a time, as far as registers go.
#define GRID_ATTENTION(NAME, FROM, WIDTH, BLOCKS)                                                                      \
    KERNEL void __launch_bounds__(THREADS, BLOCKS) NAME(const FROM* q, const FROM* k, const FROM* v, void* out,        \
                                                        int half, const Problem problem, const Grid grid,              \
                                                        float scale) {                                                 \
        attend<FROM, WIDTH>(q, k, v, out, half != 0, problem, grid, scale);                                            \
    }                                                                                                                  \
    EXPORT_KERNEL(NAME)

GRID_ATTENTION(grid_attention_f32_32, float, 32, 3)
GRID_ATTENTION(grid_attention_f32_64, float, 64, 3)
GRID_ATTENTION(grid_attention_f32_80, float, 80, 3)
GRID_ATTENTION(grid_attention_f32_128, float, 128, 2)
GRID_ATTENTION(grid_attention_bf16_128, __nv_bfloat16, 128, 2)
