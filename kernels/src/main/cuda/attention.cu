// Multi-head attention without its score matrix: out = softmax(scale q k^T + bias) v, and the weights alone.
//
//   attention_FROM_WIDTH       q, k, v of type FROM, for heads of up to WIDTH columns; out F32 or bf16
//   attention_weights_FROM     out F32 [batches, heads, queries, keys]
//
// A block owns 64 queries of one head and streams the keys and values past them in steps of 32 (thread mapping:
// attention.cuh). Softmax is the running one: scores are exponentiated against the largest so far, and sums are
// shrunk when a larger one comes. All arithmetic in F32 on the FMA units, expf and not its fast relative; one
// rounding at the store. Heads wider than WIDTH are computed all the same, WIDTH columns of the result per block,
// each block with all the scores again: right, but (columns / WIDTH) times the work for the scores. The bf16 kernel
// is for such heads; narrower ones have attention_mma.cu.
//
// Dynamic shared memory: (64 + 32 + 32) rows of WIDTH + 4 floats and 64 rows of 36: 52 KB for WIDTH 80 (4 blocks on
// an SM of 228 KB), 77 KB for 128. The limit is F32 FMA throughput: 8 loads by 16 bytes from shared memory feed 64
// FMA in the scores, 24 loads 160 FMA in the weighted sum (WIDTH 80). Not yet measured on a card.
#include "attention.cuh"

using namespace attention;

// out[query][columns of this block] for the block's 64 queries.
template <class From, int WIDTH>
__device__ __forceinline__ void attend(const From* __restrict__ q, const From* __restrict__ k,
                                       const From* __restrict__ v, const float* __restrict__ bias,
                                       void* __restrict__ out, bool half, const Problem& p, float scale) {
    DYN_SHARED(float, shared);
    const KeyTiles<WIDTH> tiles(shared);
    const Part part(p, WIDTH);
    q += part.query(p);
    k += part.key(p);
    v += part.value(p);
    if (bias != nullptr) bias += part.bias(p);

    RunningSoftmax softmax;
    float sums[OWN][WIDTH / 8] = {};
    for (long long firstKey = 0; firstKey < p.keys; firstKey += COLUMNS) {
        const int count = least(p.keys - firstKey, COLUMNS);
        float s[OWN][OWN];
        tiles.dots(s, q, k + firstKey * p.keyRow, v + firstKey * p.valueRow, count, firstKey == 0, part, p);
        to_scores(s, scale, bias == nullptr ? nullptr : bias + firstKey, p.biasQuery, part.rows, count);
        tiles.add(sums, softmax, s, count);
    }
    softmax.finish();
    put_result<WIDTH>(sums, softmax, out, half, part, p);
}

// Two passes over the keys: the softmax's statistics, then the weights themselves.
template <class From>
__device__ __forceinline__ void weigh(const From* __restrict__ q, const From* __restrict__ k, float* __restrict__ out,
                                      const Problem& p, long long outHead, float scale) {
    constexpr int WIDTH = 64;
    __shared__ __align__(16) float queries[ROWS * (WIDTH + 4)];
    __shared__ __align__(16) float keys[COLUMNS * (WIDTH + 4)];

    const long long tiles = (p.queries + ROWS - 1) / ROWS;
    const long long firstQuery = blockIdx.x % tiles * ROWS;
    const long long head = blockIdx.x / tiles % p.heads;
    const long long batch = blockIdx.x / tiles / p.heads;
    q += batch * p.queryBatch + firstQuery * p.queryRow + head * p.width;
    k += batch * p.keyBatch + head * p.width;
    out += batch * p.outBatch + head * outHead + firstQuery * p.outRow;
    const int rows = least(p.queries - firstQuery, ROWS);
    const Lane lane;

    RunningSoftmax softmax;
    for (int pass = 0; pass < 2; pass++) {
        for (long long firstKey = 0; firstKey < p.keys; firstKey += COLUMNS) {
            const int count = least(p.keys - firstKey, COLUMNS);
            float s[OWN][OWN];
            clear(s);
            for (int d = 0; d < p.width; d += WIDTH) {
                const int depth = least(p.width - d, WIDTH);
                __syncthreads(); // the tiles may still be read
                if ((pass == 0 && firstKey == 0) || p.width > WIDTH) {
                    stage<ROWS, WIDTH>(queries, q + d, p.queryRow, rows, depth, p.aligned & Q_ALIGNED);
                }
                stage<COLUMNS, WIDTH>(keys, k + firstKey * p.keyRow + d, p.keyRow, count, depth,
                                      p.aligned & K_ALIGNED);
                __syncthreads();
                add_dots<WIDTH>(s, queries, keys, depth);
            }
            to_scores(s, scale, nullptr, 0, rows, count);
            if (pass == 0) {
                float shrink[OWN];
                softmax.add(s, shrink);
                continue;
            }
#pragma unroll
            for (int i = 0; i < OWN; i++) {
                const int row = lane.row + 4 * i;
#pragma unroll
                for (int j = 0; j < OWN; j++) {
                    const int key = lane.column + 8 * j;
                    if (row < rows && key < count) {
                        out[row * p.outRow + firstKey + key] = expf(s[i][j] - softmax.base(i)) / softmax.sum[i];
                    }
                }
            }
        }
        if (pass == 0) softmax.finish();
    }
}

// BLOCKS on an SM at a time, as far as registers go.
#define ATTENTION(NAME, FROM, WIDTH, BLOCKS)                                                                           \
    KERNEL void __launch_bounds__(THREADS, BLOCKS) NAME(const FROM* q, const FROM* k, const FROM* v,                   \
                                                        const float* bias, void* out, int half,                        \
                                                        const Problem problem, float scale) {                          \
        attend<FROM, WIDTH>(q, k, v, bias, out, half != 0, problem, scale);                                            \
    }                                                                                                                  \
    EXPORT_KERNEL(NAME)

ATTENTION(attention_f32_32, float, 32, 4)
ATTENTION(attention_f32_64, float, 64, 3)
ATTENTION(attention_f32_80, float, 80, 3)
ATTENTION(attention_f32_128, float, 128, 2)
ATTENTION(attention_bf16_128, __nv_bfloat16, 128, 2)

KERNEL void __launch_bounds__(THREADS) attention_weights_f32(const float* q, const float* k, float* out,
                                                             const Problem problem, long long outHead, float scale) {
    weigh(q, k, out, problem, outHead, scale);
}
EXPORT_KERNEL(attention_weights_f32)

KERNEL void __launch_bounds__(THREADS) attention_weights_bf16(const __nv_bfloat16* q, const __nv_bfloat16* k,
                                                              float* out, const Problem problem, long long outHead,
                                                              float scale) {
    weigh(q, k, out, problem, outHead, scale);
}
EXPORT_KERNEL(attention_weights_bf16)
