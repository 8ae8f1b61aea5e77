// What the attention kernels share: the problem's sizes and strides, tiles in shared memory, and products of tiles.
//
// A block has 128 threads and works on 64 rows against tiles of 32 columns (queries against keys, or keys against
// queries). Warp w owns rows 16 w .. 16 w + 15; lane l of it owns the rows l / 8 + 4 i (i < 4) and, of the columns,
// those congruent to l modulo 8. So the 8 lanes that share a row lie side by side and a row is reduced by three
// shuffles, and whatever a warp writes about its own rows needs no block barrier.
//
// KeyTiles are F32 whatever the type in memory, row-major with a stride of WIDTH + 4 floats: the stride is 4 modulo 8, so
// that the 4 or 8 rows which a warp reads at a time by 16 bytes lie in different banks.
#pragma once
#include "types.cuh"

namespace attention {

constexpr int THREADS = 128;
constexpr int ROWS = 64;    // of a block
constexpr int COLUMNS = 32; // of a step
constexpr int OWN = 4;      // rows of a thread, and its columns of a step
constexpr int WEIGHT_STRIDE = COLUMNS + 4;

// Sizes, and strides in elements; all 64 bits wide, in the order in which the launcher packs them.
struct Problem {
    long long batches, heads, queries, keys, width, valueWidth;
    long long queryBatch, queryRow, keyBatch, keyRow, valueBatch, valueRow;
    long long outBatch, outRow;                // of the result, or of its gradient
    long long biasBatch, biasHead, biasQuery;  // 0 along an axis of size 1
    long long aligned;                         // bits below: rows of which tensor start at multiples of 4 elements
};

constexpr int Q_ALIGNED = 1;
constexpr int K_ALIGNED = 2;
constexpr int V_ALIGNED = 4;
constexpr int OUT_ALIGNED = 8;

struct alignas(16) Four {
    float at[4];
};

__device__ __forceinline__ int least(long long a, int b) { return a < b ? (int)a : b; }

// What a block computes: up to ROWS queries of a head and, of its columns, up to `width`.
struct Part {
    long long batch, head, firstQuery, firstColumn;
    int rows, columns;

    __device__ __forceinline__ Part(const Problem& p, int width) {
        const long long tiles = (p.queries + ROWS - 1) / ROWS;
        const long long chunks = (p.valueWidth + width - 1) / width;
        firstQuery = blockIdx.x % tiles * ROWS;
        firstColumn = blockIdx.x / tiles % chunks * width;
        head = blockIdx.x / tiles / chunks % p.heads;
        batch = blockIdx.x / tiles / chunks / p.heads;
        rows = least(p.queries - firstQuery, ROWS);
        columns = least(p.valueWidth - firstColumn, width);
    }

    // Elements in front of its first query, key and so on.
    __device__ __forceinline__ long long query(const Problem& p) const {
        return batch * p.queryBatch + firstQuery * p.queryRow + head * p.width;
    }
    __device__ __forceinline__ long long key(const Problem& p) const { return batch * p.keyBatch + head * p.width; }
    __device__ __forceinline__ long long value(const Problem& p) const {
        return batch * p.valueBatch + head * p.valueWidth + firstColumn;
    }
    __device__ __forceinline__ long long bias(const Problem& p) const {
        return batch * p.biasBatch + head * p.biasHead + firstQuery * p.biasQuery;
    }
    __device__ __forceinline__ long long out(const Problem& p) const {
        return batch * p.outBatch + firstQuery * p.outRow + head * p.valueWidth + firstColumn;
    }
};

// What a thread owns of its block.
struct Lane {
    int row;    // its first row; the others follow at distances of 4
    int column; // its first column; the others follow at distances of 8

    __device__ __forceinline__ Lane() : row(threadIdx.x / 32 * 16 + threadIdx.x % 32 / 8), column(threadIdx.x % 8) {}
};

// The maximum, or sum, over the 8 lanes that share a row.
__device__ __forceinline__ float row_max(float x) {
    for (int step = 1; step < 8; step *= 2) x = fmaxf(x, __shfl_xor_sync(0xffffffffu, x, step));
    return x;
}
__device__ __forceinline__ float row_sum(float x) {
    for (int step = 1; step < 8; step *= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
    return x;
}

// Copies `count` rows of `width` elements into a tile of COUNT x WIDTH and fills the rest of it with zeros.
template <int COUNT, int WIDTH, class T>
__device__ __forceinline__ void stage(float* tile, const T* rows, long long stride, int count, int width,
                                      bool aligned) {
    constexpr int GROUPS = WIDTH / 4;
    for (int i = threadIdx.x; i < COUNT * GROUPS; i += THREADS) {
        int row = i / GROUPS;
        int column = i % GROUPS * 4;
        Four x = {{0, 0, 0, 0}};
        if (row < count && column < width) {
            const T* from = rows + row * stride + column;
            if (aligned && column + 4 <= width) {
                load4(from, x.at);
            } else {
#pragma unroll
                for (int e = 0; e < 4; e++) {
                    if (column + e < width) x.at[e] = load(from + e);
                }
            }
        }
        *reinterpret_cast<Four*>(tile + row * (WIDTH + 4) + column) = x;
    }
}

// s[i][j] += dot product over `depth` columns (rounded up to 4) of row i of `left` and row j of `right`.
template <int WIDTH>
__device__ __forceinline__ void add_dots(float (&s)[OWN][OWN], const float* left, const float* right, int depth) {
    const Lane lane;
    const float* a = left + lane.row * (WIDTH + 4);
    const float* b = right + lane.column * (WIDTH + 4);
#pragma unroll 2
    for (int d = 0; d < depth; d += 4) {
        Four x[OWN], y[OWN];
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            x[i] = *reinterpret_cast<const Four*>(a + 4 * i * (WIDTH + 4) + d);
            y[i] = *reinterpret_cast<const Four*>(b + 8 * i * (WIDTH + 4) + d);
        }
#pragma unroll
        for (int i = 0; i < OWN; i++) {
#pragma unroll
            for (int j = 0; j < OWN; j++) {
#pragma unroll
                for (int e = 0; e < 4; e++) s[i][j] += x[i].at[e] * y[j].at[e];
            }
        }
    }
}

// Columns of a result of WIDTH columns: a thread holds WIDTH / 8 of them, in groups of PACK neighbours.
template <int WIDTH> struct Columns {
    static constexpr int PACK = WIDTH % 32 == 0 ? 4 : 2;
    static constexpr int COUNT = WIDTH / 8;

    // The column of the thread's c-th number.
    static __device__ __forceinline__ int at(int c) {
        return c / PACK * 8 * PACK + Lane().column * PACK + c % PACK;
    }
};

// Stores a thread's numbers of one row of `columns` columns.
template <int WIDTH, class T>
__device__ __forceinline__ void put_row(const float (&x)[WIDTH / 8], T* to, int columns, bool aligned) {
    constexpr int PACK = Columns<WIDTH>::PACK;
    struct alignas(PACK * sizeof(T)) Group {
        T at[PACK];
    };
#pragma unroll
    for (int c = 0; c < WIDTH / 8; c += PACK) {
        const int column = Columns<WIDTH>::at(c);
        Group group;
#pragma unroll
        for (int e = 0; e < PACK; e++) store(group.at + e, x[c + e]);
        if (aligned && column + PACK <= columns) {
            *reinterpret_cast<Group*>(to + column) = group;
        } else {
#pragma unroll
            for (int e = 0; e < PACK; e++) {
                if (column + e < columns) to[column + e] = group.at[e];
            }
        }
    }
}

// Adds factor times a thread's numbers of one row to a gradient.
template <int WIDTH>
__device__ __forceinline__ void add_to_row(const float (&x)[WIDTH / 8], float factor, float* to, int columns,
                                           bool aligned) {
    constexpr int PACK = Columns<WIDTH>::PACK;
    struct alignas(PACK * sizeof(float)) Group {
        float at[PACK];
    };
#pragma unroll
    for (int c = 0; c < WIDTH / 8; c += PACK) {
        const int column = Columns<WIDTH>::at(c);
        if (aligned && column + PACK <= columns) {
            Group group = *reinterpret_cast<const Group*>(to + column);
#pragma unroll
            for (int e = 0; e < PACK; e++) group.at[e] += factor * x[c + e];
            *reinterpret_cast<Group*>(to + column) = group;
        } else {
#pragma unroll
            for (int e = 0; e < PACK; e++) {
                if (column + e < columns) to[column + e] += factor * x[c + e];
            }
        }
    }
}

// sums[i][c] += over the first `count` (rounded up to 4) steps: weights[row i][step] * right[step][column c].
template <int WIDTH>
__device__ __forceinline__ void add_weighted(float (&sums)[OWN][WIDTH / 8], const float* weights, const float* right,
                                             int count) {
    constexpr int PACK = Columns<WIDTH>::PACK;
    struct alignas(4 * PACK) Group {
        float at[PACK];
    };
    const Lane lane;
    const float* own = weights + lane.row * WEIGHT_STRIDE;
#pragma unroll 1
    for (int step = 0; step < count; step += 4) {
        Four w[OWN];
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            w[i] = *reinterpret_cast<const Four*>(own + 4 * i * WEIGHT_STRIDE + step);
        }
#pragma unroll
        for (int e = 0; e < 4; e++) {
            const float* x = right + (step + e) * (WIDTH + 4) + lane.column * PACK;
#pragma unroll
            for (int g = 0; g < WIDTH / 8 / PACK; g++) {
                Group group = *reinterpret_cast<const Group*>(x + g * 8 * PACK);
#pragma unroll
                for (int p = 0; p < PACK; p++) {
#pragma unroll
                    for (int i = 0; i < OWN; i++) {
                        sums[i][g * PACK + p] += w[i].at[e] * group.at[p];
                    }
                }
            }
        }
    }
}

// Writes the thread's numbers of a tile [ROWS, COLUMNS], which only its own warp reads.
template <int STRIDE> __device__ __forceinline__ void put_tile(float* tile, const float (&w)[OWN][OWN]) {
    const Lane lane;
    __syncwarp();
#pragma unroll
    for (int i = 0; i < OWN; i++) {
#pragma unroll
        for (int j = 0; j < OWN; j++) {
            tile[(lane.row + 4 * i) * STRIDE + lane.column + 8 * j] = w[i][j];
        }
    }
    __syncwarp();
}

__device__ __forceinline__ void clear(float (&s)[OWN][OWN]) {
#pragma unroll
    for (int i = 0; i < OWN; i++) {
#pragma unroll
        for (int j = 0; j < OWN; j++) s[i][j] = 0;
    }
}

// Turns dot products into scores of queries against keys: scaled, with the bias added, minus infinity beyond the keys.
__device__ __forceinline__ void to_scores(float (&s)[OWN][OWN], float scale, const float* bias, long long biasQuery,
                                          int queries, int keys) {
    const Lane lane;
#pragma unroll
    for (int i = 0; i < OWN; i++) {
#pragma unroll
        for (int j = 0; j < OWN; j++) {
            int query = lane.row + 4 * i;
            int key = lane.column + 8 * j;
            s[i][j] *= scale;
            if (bias != nullptr && query < queries && key < keys) s[i][j] += bias[query * biasQuery + key];
            if (key >= keys) s[i][j] = -INFINITY;
        }
    }
}

// The running softmax of a thread's rows. `sum` is the thread's share: its own columns only, until finish().
struct RunningSoftmax {
    float max[OWN];
    float sum[OWN];

    __device__ __forceinline__ RunningSoftmax() {
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            max[i] = -INFINITY;
            sum[i] = 0;
        }
    }

    // Replaces scores by exp(score - maximum so far); shrink[i] is what earlier sums of row i must be multiplied with.
    // A row without any finite score so far keeps a sum of 0, and 0 / 0 makes it NaN in the end.
    __device__ __forceinline__ void add(float (&s)[OWN][OWN], float (&shrink)[OWN]) {
#pragma unroll
        for (int i = 0; i < OWN; i++) {
            float top = max[i];
#pragma unroll
            for (int j = 0; j < OWN; j++) top = fmaxf(top, s[i][j]);
            top = row_max(top);
            float base = top == -INFINITY ? 0 : top;
            shrink[i] = expf(max[i] - base);
            sum[i] *= shrink[i];
#pragma unroll
            for (int j = 0; j < OWN; j++) {
                s[i][j] = expf(s[i][j] - base);
                sum[i] += s[i][j];
            }
            max[i] = top;
        }
    }

    // What scores are compared with: 0 for a row without any.
    __device__ __forceinline__ float base(int i) const { return max[i] == -INFINITY ? 0 : max[i]; }

    __device__ __forceinline__ void finish() {
#pragma unroll
        for (int i = 0; i < OWN; i++) sum[i] = row_sum(sum[i]);
    }
};

// The shared memory of a block: queries, and the keys, values and weights of a step.
template <int WIDTH> struct KeyTiles {
    float* queries;
    float* keys;
    float* values;
    float* weights;
    static constexpr int FLOATS = (ROWS + 2 * COLUMNS) * (WIDTH + 4) + ROWS * WEIGHT_STRIDE;

    __device__ __forceinline__ explicit KeyTiles(float* shared) {
        queries = shared;
        keys = queries + ROWS * (WIDTH + 4);
        values = keys + COLUMNS * (WIDTH + 4);
        weights = values + COLUMNS * (WIDTH + 4);
    }

    // s = dot products of the block's queries with `count` keys; their values are staged, too. Queries of up to WIDTH
    // columns are staged by the first step only.
    template <class From>
    __device__ __forceinline__ void dots(float (&s)[OWN][OWN], const From* q, const From* k, const From* v, int count,
                                         bool first, const Part& part, const Problem& p) const {
        clear(s);
        int d = 0;
        do { // once for heads without a column, too: their values count all the same
            const int depth = least(p.width - d, WIDTH);
            __syncthreads(); // the tiles may still be read
            if (first || p.width > WIDTH) {
                stage<ROWS, WIDTH>(queries, q + d, p.queryRow, part.rows, depth, p.aligned & Q_ALIGNED);
            }
            stage<COLUMNS, WIDTH>(keys, k + d, p.keyRow, count, depth, p.aligned & K_ALIGNED);
            if (d == 0) {
                stage<COLUMNS, WIDTH>(values, v, p.valueRow, count, part.columns, p.aligned & V_ALIGNED);
            }
            __syncthreads();
            add_dots<WIDTH>(s, queries, keys, depth);
            d += WIDTH;
        } while (d < p.width);
    }

    // Adds the staged values, weighted by the scores `s`.
    __device__ __forceinline__ void add(float (&sums)[OWN][WIDTH / 8], RunningSoftmax& softmax, float (&s)[OWN][OWN],
                                        int count) const {
        float shrink[OWN];
        softmax.add(s, shrink);
        put_tile<WEIGHT_STRIDE>(weights, s);
#pragma unroll
        for (int i = 0; i < OWN; i++) {
#pragma unroll
            for (int c = 0; c < WIDTH / 8; c++) sums[i][c] *= shrink[i];
        }
        add_weighted<WIDTH>(sums, weights, values, count);
    }
};

// Stores weighted sums of the block's rows, divided by the sums of their weights; `out` is the whole tensor.
template <int WIDTH>
__device__ __forceinline__ void put_result(float (&sums)[OWN][WIDTH / 8], const RunningSoftmax& softmax, void* out,
                                           bool half, const Part& part, const Problem& p) {
    const Lane lane;
#pragma unroll
    for (int i = 0; i < OWN; i++) {
        const int row = lane.row + 4 * i;
        if (row >= part.rows) continue;
        const float share = 1 / softmax.sum[i];
#pragma unroll
        for (int c = 0; c < WIDTH / 8; c++) sums[i][c] *= share;
        const long long at = part.out(p) + row * p.outRow;
        if (half) {
            put_row<WIDTH>(sums[i], static_cast<__nv_bfloat16*>(out) + at, part.columns, p.aligned & OUT_ALIGNED);
        } else {
            put_row<WIDTH>(sums[i], static_cast<float*>(out) + at, part.columns, p.aligned & OUT_ALIGNED);
        }
    }
}

} // namespace attention
