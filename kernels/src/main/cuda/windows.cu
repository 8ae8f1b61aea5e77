// Grids of tokens cut into square windows, and windows put back together.
//
//   partition_windows_FROM[_TO]     x [B, H, W, C] to [B * down * across, side * side, C]; `padding` outside the grid
//   merge_windows_FROM[_TO]         the way back, without what is outside
//
// `threads` (1 to 32) threads move a token of the result, a block of 256 holds 256 / threads tokens. A thread computes
// the token's place once, by five 32-bit divisions, and moves packs of 8 neighbours (one or two accesses by 16 bytes),
// or single elements where an address or a stride does not allow it. No shared memory.
// Expected limit: memory bandwidth, bytes = elements of the grid * size of x + elements of the result * size of out.
// Not yet measured on a card.
#include "types.cuh"

namespace windows_parts { // named: nvcc puts a hash of its process into the names of an anonymous one

constexpr int BLOCK = 256;
constexpr int VECTOR = 8;

// Sizes, and strides of the grid in elements, in the order in which the launcher packs them.
struct Windows {
    long long height, width, channels;
    long long side, down, across; // of a window; windows in a column and in a row of them
    long long batchStride, rowStride, columnStride;
};

// The token that a group of threads moves, by its place in the grid.
struct Token {
    unsigned batch;
    int y, x;

    // Elements in front of it.
    __device__ __forceinline__ long long at(const Windows& w) const {
        return batch * w.batchStride + y * w.rowStride + x * w.columnStride;
    }
};

// Token `index` of the windows; it may lie outside the grid.
__device__ __forceinline__ Token windowed(unsigned index, const Windows& w) {
    const unsigned side = (unsigned)w.side, across = (unsigned)w.across, down = (unsigned)w.down;
    const unsigned line = index / side, window = line / side;
    const unsigned row = window / across, batch = row / down;
    return {batch, (int)((row - batch * down) * side + line - window * side),
            (int)((window - row * across) * side + index - line * side)};
}

// Token `index` of the grid.
__device__ __forceinline__ Token gridded(unsigned index, const Windows& w) {
    const unsigned width = (unsigned)w.width, height = (unsigned)w.height;
    const unsigned row = index / width, batch = row / height;
    return {batch, (int)(row - batch * height), (int)(index - row * width)};
}

// Where the windows have a token of the grid.
__device__ __forceinline__ long long index_in_windows(const Token& token, const Windows& w) {
    const int side = (int)w.side;
    const int row = token.y / side, column = token.x / side;
    const long long window = (token.batch * w.down + row) * w.across + column;
    return (window * side + token.y - row * side) * side + token.x - column * side;
}

// to = from, for the columns of a thread.
template <int VEC, class From, class To>
__device__ __forceinline__ void move(const From* from, To* to, int channels, int threads) {
#pragma unroll 4
    for (int c = (threadIdx.x & (threads - 1)) * VEC; c < channels; c += threads * VEC) {
        float v[VEC];
        if constexpr (VEC == VECTOR) {
            load8(from + c, v);
            store8(to + c, v);
        } else {
            v[0] = load(from + c);
            store(to + c, v[0]);
        }
    }
}

__device__ __forceinline__ unsigned token_of(int threads) {
    return blockIdx.x * (unsigned)(BLOCK / threads) + threadIdx.x / threads;
}

template <int VEC, class From, class To>
__device__ __forceinline__ void partition(const From* __restrict__ x, const float* __restrict__ padding,
                                          To* __restrict__ out, const Windows& w, unsigned index, int threads) {
    const Token token = windowed(index, w);
    const int channels = (int)w.channels;
    To* to = out + index * w.channels;
    if (token.y < w.height && token.x < w.width) {
        move<VEC>(x + token.at(w), to, channels, threads);
    } else {
        move<VEC>(padding, to, channels, threads);
    }
}

template <int VEC, class From, class To>
__device__ __forceinline__ void merge(const From* __restrict__ x, To* __restrict__ out, const Windows& w,
                                      unsigned index, int threads) {
    const Token token = gridded(index, w);
    move<VEC>(x + index_in_windows(token, w) * w.channels, out + token.at(w), (int)w.channels, threads);
}

} // namespace windows_parts
using namespace windows_parts;

// `tokens` of the result; `vector` is VECTOR or 1.
#define PARTITION_WINDOWS(NAME, FROM, TO)                                                                              \
    KERNEL void __launch_bounds__(BLOCK) NAME(const FROM* x, const float* padding, TO* out, const Windows windows,     \
                                              int tokens, int threads, int vector) {                                   \
        const unsigned token = token_of(threads);                                                                      \
        if (token >= (unsigned)tokens) return;                                                                         \
        if (vector == VECTOR) {                                                                                        \
            partition<VECTOR>(x, padding, out, windows, token, threads);                                               \
        } else {                                                                                                       \
            partition<1>(x, padding, out, windows, token, threads);                                                    \
        }                                                                                                              \
    }                                                                                                                  \
    EXPORT_KERNEL(NAME)

PARTITION_WINDOWS(partition_windows_f32, float, float)
PARTITION_WINDOWS(partition_windows_f32_bf16, float, __nv_bfloat16)
PARTITION_WINDOWS(partition_windows_bf16, __nv_bfloat16, __nv_bfloat16)
PARTITION_WINDOWS(partition_windows_bf16_f32, __nv_bfloat16, float)

#define MERGE_WINDOWS(NAME, FROM, TO)                                                                                  \
    KERNEL void __launch_bounds__(BLOCK) NAME(const FROM* x, TO* out, const Windows windows, int tokens, int threads,  \
                                              int vector) {                                                            \
        const unsigned token = token_of(threads);                                                                      \
        if (token >= (unsigned)tokens) return;                                                                         \
        if (vector == VECTOR) {                                                                                        \
            merge<VECTOR>(x, out, windows, token, threads);                                                            \
        } else {                                                                                                       \
            merge<1>(x, out, windows, token, threads);                                                                 \
        }                                                                                                              \
    }                                                                                                                  \
    EXPORT_KERNEL(NAME)

MERGE_WINDOWS(merge_windows_f32, float, float)
MERGE_WINDOWS(merge_windows_f32_bf16, float, __nv_bfloat16)
MERGE_WINDOWS(merge_windows_bf16, __nv_bfloat16, __nv_bfloat16)
MERGE_WINDOWS(merge_windows_bf16_f32, __nv_bfloat16, float)
