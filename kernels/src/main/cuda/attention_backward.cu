// Backward op of multi-head attention. With P the weights of a head, O its result and D the gradient of O:
//
//   dV = P^T D        dS = P * (D V^T - projection),  projection = rowsum(P * D V^T)
//   dQ = scale dS K   dK = scale dS^T Q
//
//   attention_backward_queries_FROM_WIDTH   adds dQ; leaves each query's statistics for the other kernel
//   attention_backward_keys_FROM_WIDTH      adds dK and dV
//
// Nothing of the forward pass is kept, and neither P nor dS is ever in memory: P is computed again from q, k and the
// softmax's statistics (maximum, 1 / sum), dS from P and the projection, three numbers per query and head.
//
// The first kernel: a block owns 64 queries of one head and streams keys and values past them twice, in steps of 32:
// for the statistics, then for dQ. The second: a block owns 64 keys and streams queries and gradients past them once
// (thread mapping: attention.cuh). Every element of a gradient belongs to one thread, which adds its sum once: the same
// bits each time. Heads wider than WIDTH are computed WIDTH columns of the gradients per block, each with all the
// scores again.
//
// Dynamic shared memory: (64 + 64 + 32 + 32) rows of WIDTH + 4 floats and 64 rows of 36: 36 KB for WIDTH 32, 72 KB for
// 80 (3 blocks on an SM of 228 KB). All on the FMA units in F32: seven products of the size of the scores, so
// arithmetic is the limit. Not yet measured on a card.
#include "attention.cuh"

using namespace attention;

// Strides of the gradients in elements, in the order in which the launcher packs them.
struct Gradients {
    long long queryBatch, queryRow, keyBatch, keyRow, valueBatch, valueRow;
    long long aligned; // bits as Problem's
};

// Rows that a tile is filled from.
template <class T> struct Source {
    const T* rows;
    long long stride;
    int count;
    bool aligned;
};

// s = dot products of all of `width` columns of 64 rows with 32 rows. A left tile that is staged already is kept, which
// only holds as long as one tile has all the columns.
template <int WIDTH, class A, class B>
__device__ __forceinline__ void dots(float (&s)[OWN][OWN], float* left, float* right, const Source<A>& a,
                                     const Source<B>& b, long long width, bool staged) {
    clear(s);
    for (int d = 0; d < width; d += WIDTH) {
        const int depth = least(width - d, WIDTH);
        __syncthreads(); // the tiles may still be read
        if (!staged) stage<ROWS, WIDTH>(left, a.rows + d, a.stride, a.count, depth, a.aligned);
        stage<COLUMNS, WIDTH>(right, b.rows + d, b.stride, b.count, depth, b.aligned);
        __syncthreads();
        add_dots<WIDTH>(s, left, right, depth);
    }
}

// Makes `tile` hold columns first .. first + WIDTH of the rows, which it does already if one tile has all of them.
template <int WIDTH, class T>
__device__ __forceinline__ void restage(float* tile, const Source<T>& from, long long first, long long width) {
    if (width > WIDTH) {
        __syncthreads(); // the tile may still be read
        stage<COLUMNS, WIDTH>(tile, from.rows + first, from.stride, from.count, least(width - first, WIDTH),
                              from.aligned);
        __syncthreads();
    }
}

// The tiles of a block.
template <int WIDTH> struct Tiles {
    float* left;
    float* leftValues;
    float* right;
    float* rightValues;
    float* weights;

    __device__ __forceinline__ Tiles() {
        DYN_SHARED(float, shared);
        left = shared;
        leftValues = left + ROWS * (WIDTH + 4);
        right = leftValues + ROWS * (WIDTH + 4);
        rightValues = right + COLUMNS * (WIDTH + 4);
        weights = rightValues + COLUMNS * (WIDTH + 4);
    }
};

// statistics: [3][batches * heads * queries]: maximum, 1 / sum, projection; null if nobody reads them.
template <class From, int WIDTH>
__device__ __forceinline__ void query_gradients(const From* __restrict__ q, const From* __restrict__ k,
                                                const From* __restrict__ v, const float* __restrict__ bias,
                                                const float* __restrict__ gradOut, float* gradQ,
                                                float* __restrict__ statistics, const Problem& p, const Gradients& g,
                                                float scale) {
    const Tiles<WIDTH> tiles;
    const long long blocks = (p.queries + ROWS - 1) / ROWS;
    const long long chunks = (p.width + WIDTH - 1) / WIDTH;
    const long long firstQuery = blockIdx.x % blocks * ROWS;
    const long long firstColumn = blockIdx.x / blocks % chunks * WIDTH;
    const long long head = blockIdx.x / blocks / chunks % p.heads;
    const long long batch = blockIdx.x / blocks / chunks / p.heads;
    const int rows = least(p.queries - firstQuery, ROWS);
    const Source<From> queries = {q + batch * p.queryBatch + firstQuery * p.queryRow + head * p.width, p.queryRow, rows,
                                  (p.aligned & Q_ALIGNED) != 0};
    const Source<float> grads = {gradOut + batch * p.outBatch + firstQuery * p.outRow + head * p.valueWidth, p.outRow,
                                 rows, (p.aligned & OUT_ALIGNED) != 0};
    k += batch * p.keyBatch + head * p.width;
    v += batch * p.valueBatch + head * p.valueWidth;
    if (bias != nullptr) bias += batch * p.biasBatch + head * p.biasHead + firstQuery * p.biasQuery;

    RunningSoftmax softmax;
    float projection[OWN] = {};
    float share[OWN];
    float sums[OWN][WIDTH / 8] = {};
    for (int pass = 0; pass < 2; pass++) {
        for (long long firstKey = 0; firstKey < p.keys; firstKey += COLUMNS) {
            const int count = least(p.keys - firstKey, COLUMNS);
            const bool later = pass > 0 || firstKey > 0;
            const Source<From> keys = {k + firstKey * p.keyRow, p.keyRow, count, (p.aligned & K_ALIGNED) != 0};
            const Source<From> values = {v + firstKey * p.valueRow, p.valueRow, count, (p.aligned & V_ALIGNED) != 0};
            float s[OWN][OWN], d[OWN][OWN];
            dots<WIDTH>(s, tiles.left, tiles.right, queries, keys, p.width, later && p.width <= WIDTH);
            to_scores(s, scale, bias == nullptr ? nullptr : bias + firstKey, p.biasQuery, rows, count);
            dots<WIDTH>(d, tiles.leftValues, tiles.rightValues, grads, values, p.valueWidth,
                        later && p.valueWidth <= WIDTH);
            if (pass == 0) {
                float shrink[OWN];
                softmax.add(s, shrink);
#pragma unroll
                for (int i = 0; i < OWN; i++) {
                    projection[i] *= shrink[i];
#pragma unroll
                    for (int j = 0; j < OWN; j++) projection[i] += s[i][j] * d[i][j];
                }
                continue;
            }
#pragma unroll
            for (int i = 0; i < OWN; i++) {
#pragma unroll
                for (int j = 0; j < OWN; j++) {
                    s[i][j] = expf(s[i][j] - softmax.base(i)) * share[i] * (d[i][j] - projection[i]);
                }
            }
            put_tile<WEIGHT_STRIDE>(tiles.weights, s);
            restage<WIDTH>(tiles.right, keys, firstColumn, p.width);
            add_weighted<WIDTH>(sums, tiles.weights, tiles.right, count);
        }
        if (pass == 0) {
            softmax.finish();
#pragma unroll
            for (int i = 0; i < OWN; i++) {
                share[i] = 1 / softmax.sum[i];
                projection[i] = row_sum(projection[i]) * share[i];
            }
        }
    }

    const Lane lane;
    const int columns = least(p.width - firstColumn, WIDTH);
    gradQ += batch * g.queryBatch + firstQuery * g.queryRow + head * p.width + firstColumn;
    const long long all = p.batches * p.heads * p.queries;
    const long long first = (batch * p.heads + head) * p.queries + firstQuery;
#pragma unroll
    for (int i = 0; i < OWN; i++) {
        const int row = lane.row + 4 * i;
        if (row >= rows) continue;
        add_to_row<WIDTH>(sums[i], scale, gradQ + row * g.queryRow, columns, g.aligned & Q_ALIGNED);
        if (statistics != nullptr && firstColumn == 0 && lane.column == 0) {
            statistics[first + row] = softmax.base(i);
            statistics[all + first + row] = share[i];
            statistics[2 * all + first + row] = projection[i];
        }
    }
}

// gradK and gradV may be the same tensor: a thread owns the same elements of both and adds to one after the other.
template <class From, int WIDTH>
__device__ __forceinline__ void key_gradients(const From* __restrict__ q, const From* __restrict__ k,
                                              const From* __restrict__ v, const float* __restrict__ bias,
                                              const float* __restrict__ gradOut, const float* __restrict__ statistics,
                                              float* gradK, float* gradV, const Problem& p, const Gradients& g,
                                              float scale) {
    const Tiles<WIDTH> tiles;
    const long long blocks = (p.keys + ROWS - 1) / ROWS;
    const long long chunks = ((p.width > p.valueWidth ? p.width : p.valueWidth) + WIDTH - 1) / WIDTH;
    const long long firstKey = blockIdx.x % blocks * ROWS;
    const long long firstColumn = blockIdx.x / blocks % chunks * WIDTH;
    const long long head = blockIdx.x / blocks / chunks % p.heads;
    const long long batch = blockIdx.x / blocks / chunks / p.heads;
    const int rows = least(p.keys - firstKey, ROWS);
    const Source<From> keys = {k + batch * p.keyBatch + firstKey * p.keyRow + head * p.width, p.keyRow, rows,
                               (p.aligned & K_ALIGNED) != 0};
    const Source<From> values = {v + batch * p.valueBatch + firstKey * p.valueRow + head * p.valueWidth, p.valueRow,
                                 rows, (p.aligned & V_ALIGNED) != 0};
    q += batch * p.queryBatch + head * p.width;
    gradOut += batch * p.outBatch + head * p.valueWidth;
    if (bias != nullptr) bias += batch * p.biasBatch + head * p.biasHead + firstKey;
    const long long all = p.batches * p.heads * p.queries;
    statistics += (batch * p.heads + head) * p.queries;
    const Lane lane;

    float sumsK[OWN][WIDTH / 8] = {};
    float sumsV[OWN][WIDTH / 8] = {};
    for (long long firstQuery = 0; firstQuery < p.queries; firstQuery += COLUMNS) {
        const int count = least(p.queries - firstQuery, COLUMNS);
        const Source<From> queries = {q + firstQuery * p.queryRow, p.queryRow, count, (p.aligned & Q_ALIGNED) != 0};
        const Source<float> grads = {gradOut + firstQuery * p.outRow, p.outRow, count,
                                     (p.aligned & OUT_ALIGNED) != 0};
        float s[OWN][OWN], d[OWN][OWN];
        dots<WIDTH>(s, tiles.left, tiles.right, keys, queries, p.width, firstQuery > 0 && p.width <= WIDTH);
        dots<WIDTH>(d, tiles.leftValues, tiles.rightValues, values, grads, p.valueWidth,
                    firstQuery > 0 && p.valueWidth <= WIDTH);
#pragma unroll
        for (int j = 0; j < OWN; j++) {
            const long long query = firstQuery + lane.column + 8 * j;
            const bool real = query < p.queries;
            const float base = real ? statistics[query] : 0;
            const float share = real ? statistics[all + query] : 0;
            const float projection = real ? statistics[2 * all + query] : 0;
#pragma unroll
            for (int i = 0; i < OWN; i++) {
                const int key = lane.row + 4 * i;
                float score = scale * s[i][j];
                if (bias != nullptr && real && key < rows) score += bias[query * p.biasQuery + key];
                s[i][j] = real ? expf(score - base) * share : 0;
                d[i][j] = real ? s[i][j] * (d[i][j] - projection) : 0;
            }
        }
        put_tile<WEIGHT_STRIDE>(tiles.weights, s);
        restage<WIDTH>(tiles.rightValues, grads, firstColumn, p.valueWidth);
        add_weighted<WIDTH>(sumsV, tiles.weights, tiles.rightValues, count);
        put_tile<WEIGHT_STRIDE>(tiles.weights, d);
        restage<WIDTH>(tiles.right, queries, firstColumn, p.width);
        add_weighted<WIDTH>(sumsK, tiles.weights, tiles.right, count);
    }

    gradK += batch * g.keyBatch + firstKey * g.keyRow + head * p.width + firstColumn;
    gradV += batch * g.valueBatch + firstKey * g.valueRow + head * p.valueWidth + firstColumn;
    const int columnsK = least(p.width - firstColumn, WIDTH);
    const int columnsV = least(p.valueWidth - firstColumn, WIDTH);
#pragma unroll
    for (int i = 0; i < OWN; i++) {
        const int row = lane.row + 4 * i;
        if (row >= rows) continue;
        add_to_row<WIDTH>(sumsV[i], 1, gradV + row * g.valueRow, columnsV, g.aligned & V_ALIGNED);
        add_to_row<WIDTH>(sumsK[i], scale, gradK + row * g.keyRow, columnsK, g.aligned & K_ALIGNED);
    }
}

#define ATTENTION_BACKWARD(FROM, TYPE, WIDTH)                                                                          \
    KERNEL void __launch_bounds__(THREADS, 2) attention_backward_queries_##TYPE##_##WIDTH(                             \
        const FROM* q, const FROM* k, const FROM* v, const float* bias, const float* gradOut, float* gradQ,            \
        float* statistics, const Problem problem, const Gradients gradients, float scale) {                            \
        query_gradients<FROM, WIDTH>(q, k, v, bias, gradOut, gradQ, statistics, problem, gradients, scale);            \
    }                                                                                                                  \
    EXPORT_KERNEL(attention_backward_queries_##TYPE##_##WIDTH)                                                         \
    KERNEL void __launch_bounds__(THREADS, 2) attention_backward_keys_##TYPE##_##WIDTH(                                \
        const FROM* q, const FROM* k, const FROM* v, const float* bias, const float* gradOut,                          \
        const float* statistics, float* gradK, float* gradV, const Problem problem, const Gradients gradients,         \
        float scale) {                                                                                                 \
        key_gradients<FROM, WIDTH>(q, k, v, bias, gradOut, statistics, gradK, gradV, problem, gradients, scale);       \
    }                                                                                                                  \
    EXPORT_KERNEL(attention_backward_keys_##TYPE##_##WIDTH)

ATTENTION_BACKWARD(float, f32, 32)
ATTENTION_BACKWARD(float, f32, 80)
ATTENTION_BACKWARD(__nv_bfloat16, bf16, 32)
ATTENTION_BACKWARD(__nv_bfloat16, bf16, 80)
